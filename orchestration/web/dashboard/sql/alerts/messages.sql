-- The latest messages about alerts.
select
    message_id, destination, kind, severity, content ->> 'title' as title, state, attempts,
    created_at, not_before > clock_timestamp() as is_held, not_before, receipt, last_error,
    instead_of
from ops.alert_messages
order by message_id desc
limit %(limit)s
