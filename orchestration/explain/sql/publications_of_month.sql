-- Every publication that changed a client-month, with the value that it showed. The rows of a mart
-- that a publication showed are those between their first publication and the one that ended them.
with changing as (
    select distinct publication_id from ops.publication_manifest
    where client_id = %(client)s and month = %(month)s
),
amounts as (
    select publication_id, null::bigint as ended, {amount} as amount
    from published.{mart} as r
    where client_id = %(client)s and month = %(month)s and {condition}
        and campaign_id = coalesce(%(campaign)s, campaign_id)
    union all
    select publication_id, ended_publication_id, {amount}
    from history.{mart} as r
    where client_id = %(client)s and month = %(month)s and {condition}
        and campaign_id = coalesce(%(campaign)s, campaign_id)
),
campaigns as (
    select publication_id, null::bigint as ended, days_without_receipt,
        days_of_unnamed_results
    from published.monthly_campaign_metrics
    where client_id = %(client)s and month = %(month)s
        and campaign_id = coalesce(%(campaign)s, campaign_id)
    union all
    select publication_id, ended_publication_id, days_without_receipt, days_of_unnamed_results
    from history.monthly_campaign_metrics
    where client_id = %(client)s and month = %(month)s
        and campaign_id = coalesce(%(campaign)s, campaign_id)
),
months as (
    select publication_id, null::bigint as ended, received_days from published.client_months
    where client_id = %(client)s and month = %(month)s
    union all
    select publication_id, ended_publication_id, received_days from history.client_months
    where client_id = %(client)s and month = %(month)s
)
select
    p.publication_id, p.published_at, p.kind, p.restores, p.reason, o.changes as reopened,
    p.pruned_at is not null as is_pruned,
    b.rules_hash is distinct from (
        select e.rules_hash from ops.builds as e
        where e.build_id < p.build_id and e.state in ('published', 'unchanged')
        order by e.build_id desc limit 1
    ) as has_other_rules,
    case
        when p.pruned_at is not null then null
        when {is_conversion} and c.unknown > 0 then null
        when %(campaign)s::text is not null and c.campaigns = 0 then null
        else coalesce(a.amount, 0)
    end as value,
    coalesce(m.received_days, '{{}}') as received_days
from changing
inner join ops.publications as p using (publication_id)
left join ops.builds as b on p.build_id = b.build_id
left join ops.reopenings as o
    on o.publication_id = p.publication_id and o.client_id = %(client)s and o.month = %(month)s
cross join lateral (
    select sum(a.amount) as amount from amounts as a
    where a.publication_id <= p.publication_id
        and (a.ended is null or a.ended > p.publication_id)
) as a
cross join lateral (
    select count(*) as campaigns, count(*) filter (
        where c.days_without_receipt > 0 or c.days_of_unnamed_results > 0
    ) as unknown
    from campaigns as c
    where c.publication_id <= p.publication_id
        and (c.ended is null or c.ended > p.publication_id)
) as c
left join lateral (
    select m.received_days from months as m
    where m.publication_id <= p.publication_id
        and (m.ended is null or m.ended > p.publication_id)
    limit 1
) as m on true
order by p.publication_id
