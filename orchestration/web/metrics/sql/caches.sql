-- The age of each client's running month in the cache.
select
    c.client_id as client,
    extract(epoch from clock_timestamp() - k.refreshed_at) as age
from serving.cached_clients as c
inner join serving.current_month_cache as k on c.client_id = k.client_id
order by c.client_id
