-- The conversions of months and of days are made by different models, so they can differ.
with days as (

    select
        client_id,
        month,
        sum(spend) as spend,
        sum(impressions) as impressions,
        coalesce(sum(conversions), 0) as conversions,
        coalesce(sum(conversion_value), 0) as conversion_value
    from {{ ref('candidate_daily_campaign_performance') }}
    group by client_id, month

),

months as (

    select
        client_id,
        month,
        sum(spend) as spend,
        sum(impressions) as impressions
    from {{ ref('candidate_monthly_campaign_metrics') }}
    group by client_id, month

),

conversions as (

    select
        client_id,
        month,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value
    from {{ ref('candidate_monthly_conversion_metrics') }}
    where is_conversion and attribution_window = 'default'
    group by client_id, month

),

without_receipt as (

    select distinct
        client_id,
        month
    from {{ ref('candidate_daily_campaign_performance') }}
    where conversions is null

),

final as (

    select
        client_id,
        month,
        v.metric,
        v.of_days,
        v.of_month
    from days as d
    full join months as m using (client_id, month)
    full join conversions as c using (client_id, month)
    left join without_receipt as w using (client_id, month)
    cross join
        lateral (
            values
            ('spend', d.spend, m.spend, true),
            ('impressions', d.impressions, m.impressions, true),
            -- A day without a receipt has no number, and then the month has none either.
            ('conversions', d.conversions, coalesce(c.conversions, 0), w.client_id is null),
            (
                'conversion_value',
                d.conversion_value,
                coalesce(c.conversion_value, 0),
                w.client_id is null
            )
        ) as v (metric, of_days, of_month, is_comparable)
    where v.is_comparable and v.of_days is distinct from v.of_month

)

select * from final
