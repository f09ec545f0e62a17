{# The ids of an object and those above it, by level. #}
{% macro entity_ids(level) -%}
    {{ return({
        'account': [],
        'campaign': ['campaign_id'],
        'adset': ['campaign_id', 'ad_set_id'],
        'ad': ['campaign_id', 'ad_set_id', 'ad_id'],
    }[level]) }}
{%- endmacro %}

{# The days of one level in hand, with their conversions: the same columns for every level. #}
{% macro daily_candidate(level) -%}
with delivery as (

    select * from {{ ref('int_delivery_days') }}
    where level = '{{ level }}'

),

conversions as (

    select
        client_id,
        entity_id,
        date_day,
        {{ family_sums() }}
    from {{ ref('int_family_days') }}
    where level = '{{ level }}'
    group by client_id, entity_id, date_day

),

final as (

    select
        d.client_id,
        d.account_id,
        {% for id in entity_ids(level) -%}
        d.{{ id }},
        {% endfor %}
        d.month,
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
        -- Zero needs a receipt: without one nobody was asked, and the number is unknown.
        case when d.has_receipt then coalesce(c.conversions, 0) end as conversions,
        case when d.has_receipt then coalesce(c.conversion_value, 0) end as conversion_value,
        case when d.has_receipt then coalesce(c.purchases, 0) end as purchases,
        case when d.has_receipt then coalesce(c.purchase_value, 0) end as purchase_value,
        case when d.has_receipt then coalesce(c.leads, 0) end as leads
    from delivery as d
    left join conversions as c
        on
            d.client_id = c.client_id
            and d.entity_id = c.entity_id
            and d.date_day = c.date_day

)

select * from final
{%- endmacro %}

{# What readers see of the days of one level. #}
{% macro daily_mart(level, name) -%}
with days as (

    select * from {{ published(name) }}

),

states as (

    select * from {{ ref('client_month_states') }}

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
        {{ ratios() }},
        case when d.conversions is null then 'no receipt of conversions for this day' end
            as conversions_null_reason,

        s.month_state,
        d.publication_id
    from days as d
    left join states as s on d.client_id = s.client_id and d.month = s.month

)

select * from final
{%- endmacro %}
