{{
    config(
        alias='monthly_conversion_metrics',
        grain=['client_id', 'campaign_id', 'month', 'conversion_family', 'attribution_window']
    )
}}

{% set windows = ['default'] + attribution_windows() %}

with counted as (

    select * from {{ ref('int_counted_types') }}

),

campaigns as (

    select * from {{ ref('candidate_monthly_campaign_metrics') }}

),

counts as (

    select * from {{ ref('int_monthly_counts') }}
    where level = 'campaign'

),

amounts as (

    select * from {{ ref('int_monthly_values') }}
    where level = 'campaign'

),

-- A value without a count occurs, so neither leads.
sums as (

    select
        client_id,
        entity_id as campaign_id,
        month,
        action_type,
        {% for window in windows %}
            c."{{ window }}" as "conversions_{{ window }}",
            v."{{ window }}" as "value_{{ window }}"{% if not loop.last %},{% endif %}
        {% endfor %}
    from counts as c
    full join amounts as v using (client_id, entity_id, month, action_type)

),

final as (

    select
        s.client_id,
        c.account_id,
        s.campaign_id,

        s.month,

        c.campaign_name,
        c.currency,
        k.conversion_family,
        w.attribution_window,
        s.action_type,
        k.is_conversion,

        coalesce(w.conversions, 0) as conversions,
        coalesce(w.conversion_value, 0) as conversion_value
    from sums as s
    inner join counted as k
        on s.client_id = k.client_id and s.month = k.month and s.action_type = k.action_type
    left join campaigns as c
        on s.client_id = c.client_id and s.campaign_id = c.campaign_id and s.month = c.month
    cross join
        lateral (
            values
            {% for window in windows %}
                ('{{ window }}', s."conversions_{{ window }}", s."value_{{ window }}")
                {%- if not loop.last %},{% endif %}
            {% endfor %}
        ) as w (attribution_window, conversions, conversion_value)
    where w.conversions is not null or w.conversion_value is not null

)

select * from final
