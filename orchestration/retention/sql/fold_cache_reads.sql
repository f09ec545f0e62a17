-- Adds the counts of old minutes to the count of their month, so that the sum of all stays.
with gone as (
    delete from {table} as d
    where d.ctid = any(array(
        select t.ctid from {table} as t
        where {doomed}
        limit %(rows)s
        for update skip locked
    ))
    returning *
),

folded as (
    insert into {table} as k (minute, hits, misses, stale)
    select date_trunc('month', g.minute, 'UTC'), sum(g.hits), sum(g.misses), sum(g.stale)
    from gone as g
    group by 1
    on conflict (minute) do update set
        hits = k.hits + excluded.hits,
        misses = k.misses + excluded.misses,
        stale = k.stale + excluded.stale
)

select count(*) as rows, count(*) = 0 as is_done, 0 as position from gone
