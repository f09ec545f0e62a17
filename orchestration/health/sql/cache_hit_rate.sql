-- How many reads of the running month found a fresh value, in 24 hours? A low share is a warning; where there were
-- few reads it means nothing.
select
    case
        when reads >= (select coalesce(ops.setting_int('alert_hit_reads'), 20))
            and 100 * hits < (select coalesce(ops.setting_int('alert_hit_percent'), 70)) * reads then 'warning'
        else 'pass'
    end as status,
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
