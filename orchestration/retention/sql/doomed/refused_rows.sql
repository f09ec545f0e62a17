-- Refused rows of an old batch whose refusal is closed. A row that belongs to no day that was asked
-- for stays as long as anything of its batch waits for a decision.
exists (
    select 1 from ops.batches as b where b.batch_id = t.batch_id and b.asked_at < %(before)s
)
and (t.batch_id, t.date_day) not in (
    select v.batch_id, v.date_day from quarantine.violations as v
    where v.closed_at is null and v.severity = 'blocking' and v.date_day is not null
)
and t.batch_id not in (
    select v.batch_id from quarantine.violations as v
    where v.closed_at is null and v.severity = 'blocking'
        and (v.date_day is null or t.date_day is null)
)
