-- The first day that Meta may be asked for: an earlier start than 37 months ago is an error there.
create or replace function ops.earliest_day(zone text) returns date
language sql stable
as $$ select (ops.local_day(zone) - interval '37 months')::date + 1 $$;
