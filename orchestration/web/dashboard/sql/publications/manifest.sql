-- What each client-month that a publication changed held afterwards.
select
    client_id, month, count(*) as marts, sum(row_count) as row_count,
    max((sums ->> 'spend')::numeric) filter (where mart = 'monthly_campaign_metrics') as spend,
    max((sums ->> 'impressions')::numeric) filter (where mart = 'monthly_campaign_metrics')
        as impressions,
    max((sums ->> 'clicks')::numeric) filter (where mart = 'monthly_campaign_metrics') as clicks,
    count(*) over () as total
from ops.publication_manifest
where publication_id = %s
group by client_id, month
order by client_id, month
limit %s
