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

{# Custom conversions are summed for the account and its campaigns only; ad sets and ads follow their campaign. -#}
{% set owner, owner_level = ('entity_id', 'account') if level == 'account' else ('campaign_id', 'campaign') -%}
unnamed as (

    select * from {{ ref('int_unnamed_results') }}
    where level = '{{ owner_level }}'

),

{% if level == 'account' -%}
-- The totals of some accounts never have conversions, even where their campaigns do.
campaign_days as (

    select distinct
        client_id,
        date_day
    from {{ ref('int_family_days') }}
    where level = 'campaign'

),

{% endif -%}
-- Zero needs a receipt: without one Meta was not asked, and the number is unknown.
explained as (

    select
        d.*,
        case
            when not d.has_receipt then '{{ null_reason('receipt') }}'
            when u.client_id is not null then '{{ null_reason('custom') }}'
            {%- if level == 'account' %}
            when p.client_id is not null and c.client_id is null then '{{ null_reason('total') }}'
            {%- endif %}
        end as conversions_null_reason
    from delivery as d
    {%- if level == 'account' %}
    left join conversions as c
        on d.client_id = c.client_id and d.entity_id = c.entity_id and d.date_day = c.date_day
    left join campaign_days as p on d.client_id = p.client_id and d.date_day = p.date_day
    {%- endif %}
    left join unnamed as u
        on
            d.client_id = u.client_id
            and d.{{ owner }} = u.entity_id
            and d.month = u.month
            and {{ is_among('d.date_day', 'd.month', 'u.day_bits') }}

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
        {% for name in shown_conversions() -%}
        case when d.conversions_null_reason is null then coalesce(c.{{ name }}, 0) end as {{ name }},
        {% endfor -%}
        d.conversions_null_reason
    from explained as d
    left join conversions as c
        on
            d.client_id = c.client_id
            and d.entity_id = c.entity_id
            and d.date_day = c.date_day

)

select * from final
{%- endmacro %}
