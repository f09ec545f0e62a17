-- The day that a text of the API means, such as 2026-09-30; null for any other text.
-- A cast would end the statement at a text that is no day.
create or replace function ops.day_of(written text) returns date
language sql immutable
as $$
    select case
        when written !~ '^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$' then null
        when right(written, 2) <= '28' then written::date
        when right(written, 2)::integer <= extract(
            day from (left(written, 8) || '01')::date + interval '1 month' - interval '1 day'
        ) then written::date
    end
$$;
