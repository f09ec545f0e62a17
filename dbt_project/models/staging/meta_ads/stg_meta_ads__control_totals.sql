-- Without common table expressions, because Postgres merges only such a view into the query that
-- joins it; otherwise it would read the whole table for one month.
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
