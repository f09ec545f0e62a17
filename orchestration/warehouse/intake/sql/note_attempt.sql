-- The days of a batch whose attempt was refused or failed, from its receipts; what is stored stays.
insert into ops.slice_state as s (
    client_id, level, date_day, state, last_attempt, last_attempt_at, last_batch_id,
    last_reason, failed_attempts
)
select
    r.client_id, r.level, r.date_day, 'none', r.state, r.received_at, r.batch_id, r.reason,
    %(counted)s
from ops.batches as b
inner join ops.receipts as r
    on b.client_id = r.client_id and b.batch_id = r.batch_id
        and r.date_day between b.since and b.until
where b.batch_id = %(batch)s and r.state = %(state)s
on conflict (client_id, level, date_day) do update set
    (last_attempt, last_attempt_at, last_batch_id, last_reason, failed_attempts)
    = (excluded.last_attempt, excluded.last_attempt_at, excluded.last_batch_id,
       excluded.last_reason, s.failed_attempts + excluded.failed_attempts)
    where coalesce(s.last_batch_id, 0) <= excluded.last_batch_id
