-- The owed days of clients, and when each is asked for again.
select
    client_id, date_day, why, failed_attempts as attempts, last_reason as reason,
    coalesce(asked_again_at <= clock_timestamp(), false) as is_due,
    to_char(
        nullif(asked_again_at, '-infinity') at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    ) as asked_again_at,
    can_be_asked
from ops.owed_days
where client_id = any(%s)
order by client_id, date_day
