-- Deletes some old rows of a table.
with gone as (
    delete from {table} as d
    where d.ctid = any(array(
        select t.ctid from {table} as t
        where {doomed}
        limit %(rows)s
    ))
    returning 1
)

select count(*) as rows, count(*) = 0 as is_done, 0 as position from gone
