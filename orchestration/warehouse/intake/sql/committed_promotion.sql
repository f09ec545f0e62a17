-- The days of a batch that were kept, changed what was stored, and were refused; its rows.
select
    count(distinct r.date_day) filter (where r.state in ('received', 'empty'))::integer as kept,
    count(distinct s.date_day)::integer as changed,
    count(distinct r.date_day) filter (where r.state = 'refused')::integer as refused,
    b.row_count
from ops.batches as b
left join ops.receipts as r
    on b.client_id = r.client_id and b.batch_id = r.batch_id and r.level = 'campaign'
        and r.date_day between b.since and b.until
left join ops.slice_state as s
    on r.client_id = s.client_id and r.date_day = s.date_day and r.batch_id = s.batch_id
where b.client_id = %(client)s and b.batch_id = %(batch)s
    and b.state in ('kept', 'partly_refused', 'refused')
group by b.row_count
