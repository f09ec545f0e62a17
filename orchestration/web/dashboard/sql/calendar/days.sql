-- The states of the latest due days of these clients.
select client_id, date_day, state, stands, last_attempt, reason
from ops.day_states(%(days)s, null)
where client_id = any(%(clients)s)
