-- A row for each campaign whose description differs from the latest one.
insert into staging.campaigns (
    client_id, campaign_id, objective, effective_status, daily_budget, lifetime_budget, currency
)
select
    %(client)s, n.campaign_id, n.objective, n.effective_status, n.daily_budget, n.lifetime_budget,
    n.currency
from jsonb_to_recordset(%(campaigns)s) as n (
    campaign_id text, objective text, effective_status text, daily_budget numeric,
    lifetime_budget numeric, currency text
)
left join lateral (
    select k.* from staging.campaigns as k
    where k.client_id = %(client)s and k.campaign_id = n.campaign_id
    order by k.noted_at desc
    limit 1
) as k on true
where k.campaign_id is null
    or (n.objective, n.effective_status, n.daily_budget, n.lifetime_budget, n.currency)
    is distinct from
    (k.objective, k.effective_status, k.daily_budget, k.lifetime_budget, k.currency)
