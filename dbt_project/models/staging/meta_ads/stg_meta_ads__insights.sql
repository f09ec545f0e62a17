-- Plain, without common table expressions: Postgres does not merge a view that has any into
-- the query that joins it, and would read all of it for the sake of one month.
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
