-- A moment as JSON answers write it, in UTC.
create or replace function ops.instant(at timestamptz) returns text
language sql stable
as $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;
