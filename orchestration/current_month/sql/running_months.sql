-- Clients whose running month is cached, the oldest value first.
select
    r.client_id, r.month, r.today,
    greatest(
        r.month, c.starts_on, c.account_since, ops.earliest_day(c.timezone_name)
    ) as first_day
from serving.cached_clients as r
inner join ops.clients as c on r.client_id = c.client_id
left join serving.current_month_cache as k on r.client_id = k.client_id
where r.client_id = any(%(client_ids)s)
order by k.refreshed_at nulls first, r.client_id
