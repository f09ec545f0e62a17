-- The pause after so many attempts that failed or were refused: 15 minutes, doubled up to 12 hours.
-- After 8 attempts it is null: only a person asks again.
create or replace function ops.pause_after(attempts integer) returns interval
language sql immutable
as $$
    select case
        when attempts <= 0 then interval '0'
        when attempts <= 8
            then least(interval '15 minutes' * 2 ^ (attempts - 1), interval '12 hours')
    end
$$;
