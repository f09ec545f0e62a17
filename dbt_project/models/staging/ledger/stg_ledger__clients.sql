-- Plain, without common table expressions: Postgres does not merge a view that has any into
-- the query that joins it, and would read all of it for the sake of one month.
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
    custom_conversions
from {{ source('ops', 'clients') }}
