-- Reads of the running month in 24 hours that found a fresh value; twenty of them are enough to mean something.
select
    case when reads >= 20 and hits < 0.7 * reads then 'warning' else 'pass' end as status,
    jsonb_build_object(
        'hits', hits, 'misses', misses, 'stale', stale,
        'rate', case when reads > 0 then trim_scale(round(hits::numeric / reads, 4))::text end
    ) as detail
from (
    select
        coalesce(sum(hits), 0) as hits, coalesce(sum(misses), 0) as misses, coalesce(sum(stale), 0) as stale,
        coalesce(sum(hits + misses + stale), 0) as reads
    from serving.cache_reads
    where minute > clock_timestamp() - interval '24 hours' and %(client)s::text is null
) as counted
