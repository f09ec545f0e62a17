-- Without common table expressions, because Postgres merges only such a view into the query that
-- joins it; otherwise it would read the whole table for one month.
select
    client_id,
    account_id,
    level,
    entity_id,
    campaign_id,
    ad_set_id,
    ad_id,

    date_day,

    campaign_name,
    ad_set_name,
    ad_name,
    currency,

    spend,
    impressions,
    reach,
    clicks,
    link_clicks,

    batch_id
from {{ source('meta_ads', 'insights') }}
