-- Rows of an old batch, unless an accepted day stands on them or waits for a decision about them.
-- Slices name the batch whose rows stand, level by level; `explain`, and the search for rows of
-- deleted campaigns, read by these names. A refused day is released from its landed rows.
exists (
    select 1 from ops.batches as b where b.batch_id = t.batch_id and b.asked_at < %(before)s
)
and not exists (
    select 1 from ops.slice_state as s
    where s.client_id = t.client_id and s.level = t.level and s.batch_id = t.batch_id
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
