with metrics as (

    select * from {{ published('monthly_campaign_metrics') }}

),

states as (

    select * from {{ ref('client_month_states') }}

),

final as (

    select
        m.client_id,
        m.account_id,
        m.campaign_id,

        m.month,

        m.campaign_name,
        m.currency,

        m.spend,
        m.impressions,
        m.clicks,
        m.link_clicks,
        m.days_with_delivery,

        s.month_state,
        s.is_complete,
        m.publication_id,

        s.client_name
    from metrics as m
    left join states as s on m.client_id = s.client_id and m.month = s.month

)

select * from final
