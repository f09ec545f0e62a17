{{ config(meta={"dagster": {"ref": {"name": "monthly_campaign_performance"}}}) }}
-- One publication changes monthly and daily marts together; a row here means that it did not.
with days as (

    select
        client_id,
        campaign_id,
        date_trunc('month', date_day)::date as month,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(conversions) as conversions
    from {{ ref('daily_campaign_performance') }}
    group by 1, 2, 3

),

months as (

    select * from {{ ref('monthly_campaign_performance') }}

),

final as (

    select
        client_id,
        campaign_id,
        month,
        d.spend as daily_spend,
        m.spend as monthly_spend
    from days as d
    full join months as m using (client_id, campaign_id, month)
    where
        d.spend is distinct from m.spend
        or d.impressions is distinct from m.impressions
        or (m.conversions is not null and d.conversions is distinct from m.conversions)

)

select * from final
