{% macro daily_mart(level, name) -%}
with days as (

    select * from {{ published(name) }}

),

states as (

    select * from {{ ref('client_month_states') }}

),

clients as (

    select * from {{ ref('dim_clients') }}

),

final as (

    select
        d.client_id,
        d.account_id,
        {% for id in entity_ids(level) -%}
        d.{{ id }},
        {% endfor %}
        d.date_day,

        {% for id in entity_ids(level) -%}
        d.{{ id | replace('_id', '_name') }},
        {% endfor -%}
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
        {{ ratios('k.has_purchase_goal') }},
        -- Rows of old publications have no reason; where their number is null the receipt was missing.
        coalesce(
            d.conversions_null_reason,
            case when d.conversions is null then '{{ null_reason('receipt') }}' end
        ) as conversions_null_reason,

        s.month_state,
        d.publication_id
    from days as d
    left join states as s on d.client_id = s.client_id and d.month = s.month
    left join clients as k on d.client_id = k.client_id

)

select * from final
{%- endmacro %}
