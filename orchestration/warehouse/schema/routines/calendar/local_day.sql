-- The day that it is in a time zone.
create or replace function ops.local_day(zone text) returns date
language sql stable
as $$ select (ops.business_now() at time zone zone)::date $$;
