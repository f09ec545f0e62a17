-- Calls to the Meta API and the shares of its rate limits, by client.
select
    u.client_id as client, u.calls_total as calls, u.throttled_total as throttled,
    u.account_percent / 100 as account_share, u.app_percent / 100 as app_share
from ops.api_usage as u
inner join ops.clients as c on u.client_id = c.client_id and c.is_listed
order by u.client_id
