-- The days of a batch whose attempt was refused or failed, from its receipts; what is stored stays.
insert into ops.slice_state as s (
    client_id, level, date_day, state, last_attempt, last_attempt_at, last_batch_id,
    last_reason, failed_attempts
)
select
    client_id, level, date_day, 'none', state, received_at, batch_id, reason, %(counted)s
from ops.receipts where batch_id = %(batch)s and state = %(state)s
on conflict (client_id, level, date_day) do update set
    (last_attempt, last_attempt_at, last_batch_id, last_reason, failed_attempts)
    = (excluded.last_attempt, excluded.last_attempt_at, excluded.last_batch_id,
       excluded.last_reason, s.failed_attempts + excluded.failed_attempts)
    where coalesce(s.last_batch_id, 0) <= excluded.last_batch_id
