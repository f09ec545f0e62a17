-- Days that nobody asks for any more.
insert into ops.slice_state as s (
    client_id, level, date_day, state, last_attempt, last_attempt_at, last_reason
)
select %(client)s, level, day, 'waived', 'waived', clock_timestamp(), %(reason)s
from unnest(%(levels)s::text[]) as l (level)
cross join unnest(%(days)s::date[]) as d (day)
on conflict (client_id, level, date_day) do update set
    (state, last_attempt, last_attempt_at, last_reason, failed_attempts)
    = (excluded.state, excluded.last_attempt, excluded.last_attempt_at,
       excluded.last_reason, 0)
