-- What the gate found and a later answer or a person closed, once all of its day is closed: a
-- refusal is one entry of the recovery log. Open ones count, whatever their age.
t.closed_at < %(before)s
and not exists (
    select 1 from quarantine.violations as o
    where o.client_id = t.client_id and o.date_day = t.date_day and o.batch_id = t.batch_id
        and (o.closed_at is null or o.closed_at >= %(before)s)
)
