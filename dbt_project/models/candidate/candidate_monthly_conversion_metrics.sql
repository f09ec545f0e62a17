{{ config(alias='monthly_conversion_metrics') }}

with family_days as (

    select * from {{ ref('int_family_days') }}
    where level = 'campaign'

),

campaigns as (

    select * from {{ ref('candidate_monthly_campaign_metrics') }}

),

final as (

    select
        f.client_id,
        c.account_id,
        f.entity_id as campaign_id,

        f.month,

        c.campaign_name,
        c.currency,
        f.conversion_family,
        f.attribution_window,
        min(f.action_type) as action_type,
        bool_or(f.is_conversion) as is_conversion,

        sum(f.conversions) as conversions,
        sum(f.conversion_value) as conversion_value
    from family_days as f
    left join campaigns as c
        on f.client_id = c.client_id and f.entity_id = c.campaign_id and f.month = c.month
    group by
        f.client_id, c.account_id, f.entity_id, f.month, c.campaign_name, c.currency,
        f.conversion_family, f.attribution_window

)

select * from final
