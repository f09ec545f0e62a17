-- Deletes some old rows of the next few batches that have rows in a table keyed by batch. Batches
-- without rows cost nothing: the index is entered anew behind each batch.
with recursive batches as (
    (
        select t.batch_id, 1 as place from {table} as t
        where t.batch_id > %(position)s
        order by t.batch_id limit 1
    )
    union all
    select n.batch_id, b.place + 1
    from batches as b
    cross join lateral (
        select t.batch_id from {table} as t
        where t.batch_id > b.batch_id
        order by t.batch_id limit 1
    ) as n
    where b.place < %(batches)s
),

old as materialized (
    select b.batch_id
    from batches as b
    inner join ops.batches as k on b.batch_id = k.batch_id
    where k.asked_at < %(before)s
),

gone as (
    delete from {table} as d
    where d.ctid = any(array(
        select t.ctid from {table} as t
        where t.batch_id = any(array(select o.batch_id from old as o)) and {doomed}
        limit %(rows)s
    ))
    returning 1
)

select
    g.rows,
    g.rows < %(rows)s and o.batches < %(batches)s as is_done,
    -- Where rows may be left, the same batches are looked at again.
    case when g.rows < %(rows)s then coalesce(o.latest, %(position)s) else %(position)s end
        as position
from (select count(*) as rows from gone) as g
cross join (select count(*) as batches, max(batch_id) as latest from old) as o
