-- Every action type of a campaign's month as it came, reviewed or not, in every attribution window.
{{ config(materialized='candidate') }}

{% set windows = attribution_windows() %}

with months as (

    select * from {{ ref('int_build_client_months') }}

),

final as (

    select
        m.client_id,
        a.campaign_id,
        m.month,
        a.action_type,
        a.conversions,
        a.conversion_value
        {%- for window in windows %},
        a."conversions_{{ window }}",
        a."value_{{ window }}"
        {%- endfor %}
    from months as m
    cross join lateral (
        select
            e.entity_id as campaign_id,
            e.action_type,
            sum(e.value) filter (where e.is_count) as conversions,
            sum(e.value) filter (where not e.is_count) as conversion_value
            {%- for window in windows %},
            sum(e."{{ window }}") filter (where e.is_count) as "conversions_{{ window }}",
            sum(e."{{ window }}") filter (where not e.is_count) as "value_{{ window }}"
            {%- endfor %}
        from (
            {%- for array in ['actions', 'action_values'] %}
            select
                c.entity_id,
                a.*,
                {{ array == 'actions' }} as is_count
            from {{ ref('stg_meta_ads__conversions') }} as c
            cross join lateral jsonb_to_recordset(c.{{ array }}) as a (
                action_type text,
                value numeric
                {%- for window in windows %},
                "{{ window }}" numeric
                {%- endfor %}
            )
            where
                c.client_id = m.client_id
                and c.level = 'campaign'
                and {{ in_month('c.date_day', 'm.month') }}
            {%- if not loop.last %}
            union all
            {%- endif %}
            {%- endfor %}
        ) as e
        group by e.entity_id, e.action_type
    ) as a

)

select * from final
