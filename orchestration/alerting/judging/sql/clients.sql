-- The clients of the clients file.
select
    client_id, name, status, owner, alert_route, coalesce(timezone_name, 'UTC') as zone,
    coalesce(token_env, 'META_ACCESS_TOKEN') as token, account_refused
from ops.clients
where is_listed
order by client_id
