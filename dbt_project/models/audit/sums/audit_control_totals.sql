with totals as (

    select
        client_id,
        month,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from {{ ref('candidate_daily_account_performance') }}
    group by client_id, month

),

parts as (

    select
        client_id,
        month,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from {{ ref('candidate_monthly_campaign_metrics') }}
    group by client_id, month

),

compared as (

    select
        t.client_id,
        t.month,
        v.metric,
        v.part,
        v.total,
        v.unit * 31 as allowance
    from totals as t
    left join parts as p on t.client_id = p.client_id and t.month = p.month
    cross join lateral (
        values
        ('spend', coalesce(p.spend, 0), t.spend, 0.01),
        ('impressions', coalesce(p.impressions, 0), t.impressions, 1),
        ('clicks', coalesce(p.clicks, 0), t.clicks, 1)
    ) as v (metric, part, total, unit)

),

final as (

    -- The gate allows a thousandth or one unit for each day, so a month may fall short by no more.
    select * from compared
    where part + {{ tolerance('allowance', 'total') }} < total

)

select * from final
