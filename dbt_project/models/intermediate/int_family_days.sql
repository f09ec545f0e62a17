-- One member of each family counts, the same on all days of a client-month and at all levels: the one
-- with the lowest precedence that occurs. Only the families that the marts show by day, in the default window.
-- A client-month at a time, so that the unfolded arrays never need more memory than one.
{{ config(materialized='candidate') }}

with months as (

    select * from {{ ref('int_build_client_months') }}

),

members as materialized (

    select
        client_id,
        array_agg(action_type) as action_types,
        array_agg(conversion_family) as conversion_families,
        array_agg(precedence) as precedences,
        array_agg(is_conversion) as flags
    from {{ ref('int_client_families') }}
    where is_additive and (is_conversion or conversion_family in ('purchase', 'lead'))
    group by client_id

),

levels as (

    -- Named, so that the index on client, level and day is used.
    select level from (values ('account'), ('campaign'), ('adset'), ('ad')) as l (level)

),

final as (

    select
        m.client_id,
        d.level,
        d.entity_id,
        m.month,
        d.date_day,
        d.conversion_family,
        d.action_type,
        d.is_conversion,
        d.conversions,
        d.conversion_value
    from months as m
    inner join members as w on m.client_id = w.client_id
    cross join lateral (
        -- A value without a count occurs, so neither array leads.
        with entries as materialized (
            {% for array in ['actions', 'action_values'] %}
            select
                c.level,
                c.entity_id,
                c.date_day,
                e.action_type,
                {{ 'e.value' if loop.first else 'null::numeric' }} as conversions,
                {{ 'null::numeric' if loop.first else 'e.value' }} as conversion_value
            from levels as l
            inner join {{ ref('stg_meta_ads__conversions') }} as c on l.level = c.level
            cross join lateral jsonb_to_recordset(c.{{ array }}) as e (action_type text, value numeric)
            where
                c.client_id = m.client_id
                and {{ in_month('c.date_day', 'm.month') }}
                and e.action_type = any(w.action_types)
            {%- if not loop.last %}
            union all
            {%- endif %}
            {%- endfor %}

        ),

        counted as materialized (

            select distinct on (f.conversion_family)
                f.conversion_family,
                f.action_type,
                f.is_conversion
            from
                unnest(w.action_types, w.conversion_families, w.precedences, w.flags)
                    as f (action_type, conversion_family, precedence, is_conversion)
            inner join (select distinct entries.action_type from entries) as seen
                on f.action_type = seen.action_type
            order by f.conversion_family, f.precedence

        )

        select
            e.level,
            e.entity_id,
            e.date_day,
            k.conversion_family,
            k.action_type,
            k.is_conversion,
            coalesce(sum(e.conversions), 0) as conversions,
            coalesce(sum(e.conversion_value), 0) as conversion_value
        from entries as e
        inner join counted as k on e.action_type = k.action_type
        group by
            e.level, e.entity_id, e.date_day, k.conversion_family, k.action_type, k.is_conversion
    ) as d

)

select * from final
