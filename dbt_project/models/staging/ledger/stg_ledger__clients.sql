-- Without common table expressions, because Postgres merges only such a view into the query that
-- joins it; otherwise it would read the whole table for one month.
select
    client_id,
    replace(ad_account_id, 'act_', '') as account_id,

    starts_on,
    ends_on,
    owed_since,

    name as client_name,
    client_group,
    status,
    timezone_name,
    currency,
    expects_conversions,
    conversion_families,
    custom_conversions,

    is_listed,
    ops.may_owe(c) as may_owe,
    account_since,
    added_at
from {{ source('ops', 'clients') }} as c
