-- The rows of landing as columns. All of them are text, as they came: rows that were refused may hold
-- anything, and nothing of them is cast. One call unfolds a row, so that it is decompressed once.
create view landing.unfolded_insights as
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
    r.*
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
comment on view landing.unfolded_insights is
    'Rows as the API sent them, a column for each field; metrics are text, as they came';
