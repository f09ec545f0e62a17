-- Deletes some old messages. A message that took the place of one that goes says so no longer.
with old as materialized (
    select t.message_id from {table} as t
    where {doomed}
    limit %(rows)s
    for update skip locked
),

unlinked as (
    update {table} as c set instead_of = null
    where c.instead_of in (select o.message_id from old as o)
        and c.message_id not in (select o.message_id from old as o)
),

gone as (
    delete from {table} as d
    where d.message_id in (select o.message_id from old as o)
    returning 1
)

select count(*) as rows, count(*) = 0 as is_done, 0 as position from gone
