{{ config(alias='daily_campaign_performance') }}

with campaign_days as (

    select * from {{ ref('int_campaign_days') }}

),

family_days as (

    select * from {{ ref('int_family_days') }}
    where level = 'campaign' and attribution_window = 'default'

),

conversions as (

    select
        client_id,
        entity_id,
        date_day,
        sum(conversions) filter (where is_conversion) as conversions,
        sum(conversion_value) filter (where is_conversion) as conversion_value,
        sum(conversions) filter (where conversion_family = 'purchase') as purchases,
        sum(conversion_value) filter (where conversion_family = 'purchase') as purchase_value,
        sum(conversions) filter (where conversion_family = 'lead') as leads
    from family_days
    group by 1, 2, 3

),

final as (

    select
        d.client_id,
        d.account_id,
        d.campaign_id,

        d.month,
        d.date_day,

        d.campaign_name,
        d.currency,

        d.spend,
        d.impressions,
        d.reach,
        d.clicks,
        d.link_clicks,
        -- Zero needs a receipt: without one nobody was asked, and the number is unknown.
        case when d.has_receipt then coalesce(c.conversions, 0) end as conversions,
        case when d.has_receipt then coalesce(c.conversion_value, 0) end as conversion_value,
        case when d.has_receipt then coalesce(c.purchases, 0) end as purchases,
        case when d.has_receipt then coalesce(c.purchase_value, 0) end as purchase_value,
        case when d.has_receipt then coalesce(c.leads, 0) end as leads
    from campaign_days as d
    left join conversions as c
        on
            d.client_id = c.client_id
            and d.campaign_id = c.entity_id
            and d.date_day = c.date_day

)

select * from final
