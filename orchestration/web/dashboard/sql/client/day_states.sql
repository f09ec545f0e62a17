-- The latest due days of a client, newest first.
select
    date_day, state, stands, is_late, row_count, received_at, confirmed_at, last_attempt, attempted_at,
    reason, failed_attempts
from ops.day_states(%s, %s)
order by date_day desc
