-- Fills staging with the landed rows below the account.
insert into staging.insights (
    client_id, account_id, level, date_day, entity_id, campaign_id, campaign_name, ad_set_id,
    ad_set_name, ad_id, ad_name, currency, spend, impressions, reach, clicks, link_clicks,
    batch_id
)
select
    client_id, account_id, level, date_start::date, entity_id, campaign_id, campaign_name,
    adset_id, adset_name, ad_id, ad_name, account_currency, spend::numeric,
    impressions::bigint, reach::bigint, coalesce(clicks, '0')::bigint,
    coalesce(inline_link_clicks, '0')::bigint, batch_id
from landing.unfolded_insights
where batch_id = %(batch)s and level <> 'account' and date_start = any(%(texts)s)
