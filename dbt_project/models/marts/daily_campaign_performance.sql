with days as (

    select * from {{ published('daily_campaign_performance') }}

),

states as (

    select * from {{ ref('client_month_states') }}

),

final as (

    select
        d.client_id,
        d.account_id,
        d.campaign_id,

        d.date_day,

        d.campaign_name,
        d.currency,

        d.spend,
        d.impressions,
        d.reach,
        d.clicks,
        d.link_clicks,
        d.conversions,
        d.conversion_value,
        d.purchases,
        d.purchase_value,
        d.leads,
        {{ ratios() }},
        case when d.conversions is null then 'no receipt of conversions for this day' end
            as conversions_null_reason,

        s.month_state,
        d.publication_id
    from days as d
    left join states as s on d.client_id = s.client_id and d.month = s.month

)

select * from final
