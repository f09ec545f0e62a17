-- The clients nearest to the rate limit of the Meta API.
select
    client_id, account_percent, app_percent, calls_total, throttled_total, heard_at,
    count(*) over () as total
from ops.api_usage order by account_percent desc, client_id limit 5
