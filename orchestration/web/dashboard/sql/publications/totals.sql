-- Spend and conversions of all clients by month and currency. Read from the campaigns, because only
-- they can be limited by month. Sums of conversions are of the known ones; `unknown_clients` says
-- for how many clients they are unknown.
select
    month, currency, sum(spend) as spend,
    coalesce(sum(conversions), 0) as known_conversions,
    count(distinct client_id) as clients,
    count(distinct client_id) filter (where conversions is null) as unknown_clients
from marts.monthly_campaign_performance
where month > date_trunc('month', ops.business_now()) - interval '13 months'
group by month, currency
order by month, currency
