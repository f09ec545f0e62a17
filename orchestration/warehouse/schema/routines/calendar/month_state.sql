-- How far a month is: open, provisional or final.
-- It is open until its last day is due, and provisional until the last reading of every owed day is
-- done.
create or replace function ops.month_state(latest_due_day date, last_day date, days_to_read bigint)
returns text
language sql immutable
as $$
    select case
        when latest_due_day < last_day then 'open'
        when days_to_read > 0 then 'provisional'
        else 'final'
    end
$$;
