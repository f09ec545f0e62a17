-- The account that the ledger has for each client, and whether days of it are stored.
select
    c.client_id, c.ad_account_id, c.account_since,
    (ops.business_now() at time zone coalesce(c.timezone_name, 'UTC'))::date as today,
    exists (
        select 1 from ops.slice_state as s
        where s.client_id = c.client_id and s.state in ('received', 'empty')
    ) as has_days,
    exists (
        select 1 from ops.slice_state as s
        where s.client_id = c.client_id and s.state in ('received', 'empty')
            and (c.account_changed_at is null or s.confirmed_at > c.account_changed_at)
    ) as has_days_of_account
from ops.clients as c
where c.client_id = any(%s)
