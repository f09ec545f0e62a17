-- A client's running month from the cache. The ratios are those of the marts (macros/ratio.sql); a
-- test compares the two.
select
    c.client_id,
    to_char(ops.local_day(coalesce(c.timezone_name, 'UTC')), 'YYYY-MM') as running_month,
    to_char(k.month, 'YYYY-MM') as month,
    k.currency, k.publication_id, k.missing_days, k.until,
    k.refreshed_at < clock_timestamp() - interval '3 hours' as is_stale,
    ops.instant(k.refreshed_at) as refreshed_at,
    k.refreshed_at as refreshed_instant,
    k.spend, k.impressions, k.clicks, k.link_clicks, k.conversions, k.conversion_value,
    k.purchases, k.purchase_value, k.leads, k.conversions_null_reason,
    round(100 * k.clicks::numeric / nullif(k.impressions, 0), 6) as ctr,
    round(k.spend / nullif(k.clicks, 0), 6) as cpc,
    round(1000 * k.spend / nullif(k.impressions, 0), 6) as cpm,
    round(k.spend / nullif(k.conversions, 0), 6) as cost_per_conversion,
    round(k.purchase_value / nullif(k.spend, 0), 6) as roas,
    exists (select 1 from serving.cached_clients as r where r.client_id = c.client_id) as is_cached
from ops.clients as c
left join serving.current_month_cache as k on c.client_id = k.client_id
where c.client_id = %s
