-- The rows of landing.insights with a column for each field, as text, as they came.
-- Nothing is cast: rows that were refused may hold anything. One call unfolds a row, so that
-- Postgres decompresses it once.
create or replace view landing.unfolded_insights as
select
    l.batch_id,
    l.client_id,
    l.level,
    l.row_number,
    case l.level
        when 'account' then r.account_id
        when 'campaign' then r.campaign_id
        when 'adset' then r.adset_id
        when 'ad' then r.ad_id
    end as entity_id,
    r.date_start,
    r.account_id,
    r.account_currency,
    r.campaign_id,
    r.campaign_name,
    r.adset_id,
    r.adset_name,
    r.ad_id,
    r.ad_name,
    r.spend,
    r.impressions,
    r.reach,
    r.clicks,
    r.inline_link_clicks,
    coalesce(l.actions, r.actions) as actions,
    coalesce(l.action_values, r.action_values) as action_values
from landing.insights as l
cross join lateral jsonb_to_record(l.payload) as r (
    date_start text,
    account_id text,
    account_currency text,
    campaign_id text,
    campaign_name text,
    adset_id text,
    adset_name text,
    ad_id text,
    ad_name text,
    spend text,
    impressions text,
    reach text,
    clicks text,
    inline_link_clicks text,
    actions jsonb,
    action_values jsonb
);
