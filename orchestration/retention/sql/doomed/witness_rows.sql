-- Evidence of an old batch, unless it is of a day of which any level stands on that batch, or that
-- waits for a decision about it. Evidence may be of a level that has no slices.
exists (
    select 1 from ops.batches as b where b.batch_id = t.batch_id and b.asked_at < %(before)s
)
and not exists (
    select 1 from ops.slice_state as s
    where s.client_id = t.client_id and s.batch_id = t.batch_id
        and s.level in ('account', 'campaign', 'adset', 'ad')
        and s.date_day = ops.day_of(t.payload ->> 'date_start')
        and s.date_day >= %(standing_since)s
)
and (t.batch_id, coalesce(t.payload ->> 'date_start', '')) not in (
    select v.batch_id, v.date_day::text from quarantine.violations as v
    where v.closed_at is null and v.severity = 'blocking' and v.date_day is not null
)
and t.batch_id not in (
    select v.batch_id from quarantine.violations as v
    where v.closed_at is null and v.severity = 'blocking' and v.date_day is null
)
