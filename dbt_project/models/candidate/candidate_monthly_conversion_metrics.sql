{{
    config(
        alias='monthly_conversion_metrics',
        grain=['client_id', 'campaign_id', 'month', 'conversion_family', 'attribution_window']
    )
}}

{% set windows = attribution_windows() %}

with actions as (

    select * from {{ ref('int_monthly_actions') }}

),

counted as (

    select * from {{ ref('int_counted_types') }}

),

campaigns as (

    select * from {{ ref('candidate_monthly_campaign_metrics') }}

),

final as (

    select
        a.client_id,
        c.account_id,
        a.campaign_id,

        a.month,

        c.campaign_name,
        c.currency,
        k.conversion_family,
        w.attribution_window,
        a.action_type,
        k.is_conversion,

        coalesce(w.conversions, 0) as conversions,
        coalesce(w.conversion_value, 0) as conversion_value
    from actions as a
    inner join counted as k
        on a.client_id = k.client_id and a.month = k.month and a.action_type = k.action_type
    left join campaigns as c
        on a.client_id = c.client_id and a.campaign_id = c.campaign_id and a.month = c.month
    cross join lateral (
        values
        ('default', a.conversions, a.conversion_value)
        {%- for window in windows %},
        ('{{ window }}', a."conversions_{{ window }}", a."value_{{ window }}")
        {%- endfor %}
    ) as w (attribution_window, conversions, conversion_value)
    where w.conversions is not null or w.conversion_value is not null

)

select * from final
