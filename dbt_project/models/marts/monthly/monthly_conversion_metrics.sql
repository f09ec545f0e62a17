with metrics as (

    select * from {{ published('monthly_conversion_metrics') }}

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
        m.conversion_family,
        m.attribution_window,
        m.action_type,
        m.is_conversion,

        m.conversions,
        m.conversion_value,

        s.month_state,
        s.is_complete,
        m.publication_id,

        s.client_name
    from metrics as m
    left join states as s on m.client_id = s.client_id and m.month = s.month

)

select * from final
