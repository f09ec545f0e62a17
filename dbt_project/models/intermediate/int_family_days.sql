-- One member of each family counts, the same on all days of a client-month. A table of its own:
-- several models and audits read it, and the arrays are costly to unfold.
{{ config(materialized='candidate') }}

with entries as materialized (

    select * from {{ ref('int_conversion_entries') }}

),

counted as (

    select distinct on (client_id, month, conversion_family)
        client_id,
        month,
        action_type
    from entries
    order by client_id, month, conversion_family, precedence

),

final as (

    select
        e.client_id,
        e.level,
        e.entity_id,
        e.month,
        e.date_day,
        e.conversion_family,
        e.action_type,
        -- Meta's `value` is the window of the ad set's own setting: what Ads Manager shows.
        case when w.name = 'value' then 'default' else w.name end as attribution_window,
        e.is_conversion,
        coalesce(sum(w.amount::numeric) filter (where e.is_count), 0) as conversions,
        coalesce(sum(w.amount::numeric) filter (where not e.is_count), 0) as conversion_value
    from entries as e
    inner join counted as c
        on
            e.client_id = c.client_id
            and e.month = c.month
            and e.action_type = c.action_type
    cross join lateral jsonb_each_text(e.amounts) as w (name, amount)
    group by
        e.client_id, e.level, e.entity_id, e.month, e.date_day, e.conversion_family, e.action_type,
        w.name, e.is_conversion

)

select * from final
