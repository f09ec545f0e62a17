-- Reads of running months so far: fresh, refreshed first, or stale.
select k.result, k.reads
from (
    select
        coalesce(sum(hits), 0) as hits,
        coalesce(sum(misses), 0) as misses,
        coalesce(sum(stale), 0) as stale
    from serving.cache_reads
) as r
cross join lateral (
    values ('hit', r.hits), ('miss', r.misses), ('stale', r.stale)
) as k (result, reads)
