{# One client-month at a time (the lateral join), so that unfolding the arrays needs the memory of one only. #}
{% macro monthly_sums_of(array) -%}
{% set windows = attribution_windows() %}
with months as (

    select * from {{ ref('int_build_client_months') }}

),

levels as (

    -- Named one by one, so that the index on client, level and day is used.
    select level from (values ('account'), ('campaign')) as l (level)

),

final as (

    select
        m.client_id,
        l.level,
        a.entity_id,
        m.month,
        a.action_type,
        a.day_bits,
        a."default"
        {%- for window in windows %},
        a."{{ window }}"
        {%- endfor %}
    from months as m
    cross join levels as l
    cross join lateral (
        select
            c.entity_id,
            e.action_type,
            bit_or({{ day_bit('c.date_day', 'm.month') }}) as day_bits,
            sum(e.value) as "default"
            {%- for window in windows %},
            sum(e."{{ window }}") as "{{ window }}"
            {%- endfor %}
        from {{ ref('stg_meta_ads__conversions') }} as c
        cross join lateral jsonb_to_recordset(c.{{ array }}) as e (
            action_type text,
            value numeric
            {%- for window in windows %},
            "{{ window }}" numeric
            {%- endfor %}
        )
        where c.client_id = m.client_id and c.level = l.level and {{ in_month('c.date_day', 'm.month') }}
        group by c.entity_id, e.action_type
    ) as a

)

select * from final
{%- endmacro %}
