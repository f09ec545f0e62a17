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

-- Meta sometimes gives a value without a count, so it is a full join.
joined as (

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

united as (

    select
        k.conversion_family,
        w.*
    from joined as w
    inner join counted as k
        on w.client_id = k.client_id and w.month = k.month and w.action_type = k.action_type
    where k.is_whole
    union all
    select
        k.conversion_family,
        p.*
    from {{ ref('int_partial_sums') }} as p
    inner join counted as k
        on p.client_id = k.client_id and p.month = k.month and p.action_type = k.action_type

),

summed as (

    select
        client_id,
        campaign_id,
        month,
        conversion_family,
        {% for window in windows %}
            sum("conversions_{{ window }}") as "conversions_{{ window }}",
            sum("value_{{ window }}") as "value_{{ window }}"{% if not loop.last %},{% endif %}
        {% endfor %}
    from united
    group by client_id, campaign_id, month, conversion_family

),

named as (

    select
        client_id,
        month,
        conversion_family,
        string_agg(action_type, ', ' order by precedence) as action_type,
        bool_or(is_conversion) as is_conversion
    from counted
    group by client_id, month, conversion_family

),

final as (

    select
        f.client_id,
        c.account_id,
        f.campaign_id,

        f.month,

        c.campaign_name,
        c.currency,
        f.conversion_family,
        w.attribution_window,
        t.action_type,
        t.is_conversion,

        coalesce(w.conversions, 0) as conversions,
        coalesce(w.conversion_value, 0) as conversion_value
    from summed as f
    inner join named as t
        on
            f.client_id = t.client_id
            and f.month = t.month
            and f.conversion_family = t.conversion_family
    left join campaigns as c
        on f.client_id = c.client_id and f.campaign_id = c.campaign_id and f.month = c.month
    cross join
        lateral (
            values
            {% for window in windows %}
                ('{{ window }}', f."conversions_{{ window }}", f."value_{{ window }}")
                {%- if not loop.last %},{% endif %}
            {% endfor %}
        ) as w (attribution_window, conversions, conversion_value)
    where w.conversions is not null or w.conversion_value is not null

)

select * from final
