-- Are the KPIs of the running month fresh? They are stale after three hours, which is a warning, and so is a client
-- without any. It fails if those of a client are older than six hours (META_ADS_ALERT_CACHE_HOURS).
-- A client that was first asked for within the last two hours is not expected yet: the refresh is hourly.
select
    case
        when coalesce(bool_or(is_old), false) then 'fail'
        when count(*) filter (where is_stale) > 0 then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'clientCount', count(*),
        'staleCount', count(*) filter (where is_stale),
        'clients', coalesce(
            jsonb_agg(
                jsonb_build_object('client', client_id, 'refreshedAt', ops.instant(refreshed_at), 'reason', reason)
                order by client_id
            ) filter (where is_stale),
            '[]'
        )
    ) as detail
from (
    select
        c.client_id, k.refreshed_at,
        coalesce(k.refreshed_at < clock_timestamp() - make_interval(hours => least(t.hours, 3)), true) as is_stale,
        k.refreshed_at < clock_timestamp() - make_interval(hours => t.hours) as is_old,
        coalesce(
            case when r.attempted_at >= coalesce(k.refreshed_at, '-infinity') then r.error end,
            case when k.client_id is null then 'never refreshed' else 'not refreshed since' end
        ) as reason
    from serving.cached_clients as c
    -- Read once, not for each client.
    cross join (select coalesce(ops.setting_int('alert_cache_hours'), 6) as hours offset 0) as t
    left join serving.current_month_cache as k on c.client_id = k.client_id
    left join serving.cache_refreshes as r on c.client_id = r.client_id
    where (%(client)s::text is null or c.client_id = %(client)s)
        and case
            when k.client_id is not null then true
            else coalesce(
                (
                    select b.asked_at < clock_timestamp() - interval '2 hours' from ops.batches as b
                    where b.client_id = c.client_id
                    order by b.batch_id limit 1
                ),
                true
            )
        end
) as caches
