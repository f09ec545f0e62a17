-- Plain, without common table expressions: Postgres does not merge a view that has any into
-- the query that joins it, and would read all of it for the sake of one month.
select
    client_id,
    account_id,

    date_day,

    currency,

    spend,
    impressions,
    reach,
    clicks,
    link_clicks,

    batch_id
from {{ source('meta_ads', 'control_totals') }}
