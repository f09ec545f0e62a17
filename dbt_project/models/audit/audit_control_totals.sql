-- Months whose campaigns add up to less than the account says of itself.
with campaign_days as (

    select * from {{ ref('candidate_daily_campaign_performance') }}

),

months as (

    select * from {{ ref('int_build_client_months') }}

),

totals as (

    select
        m.client_id,
        m.month,
        sum(t.spend) as spend,
        sum(t.impressions) as impressions,
        sum(t.clicks) as clicks
    from months as m
    inner join {{ ref('stg_meta_ads__control_totals') }} as t
        on m.client_id = t.client_id and {{ in_month('t.date_day', 'm.month') }}
    group by m.client_id, m.month

),

parts as (

    select
        client_id,
        month,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from campaign_days
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

    -- The gate allows each day a thousandth or one unit; a month cannot fall short by more.
    select * from compared
    where part + greatest(allowance, total * 0.001) < total

)

select * from final
