-- One member of each family counts, the same on all days of a client-month; a table of its own, since
-- several models and audits read it and the arrays are costly to unfold.
{{ config(materialized='candidate') }}

with entries as (

    select * from {{ ref('int_conversion_entries') }}

),

counted as (

    select * from {{ ref('int_counted_action_types') }}

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
        e.attribution_window,
        c.is_conversion,
        coalesce(sum(e.conversions), 0) as conversions,
        coalesce(sum(e.conversion_value), 0) as conversion_value
    from entries as e
    inner join counted as c
        on
            e.client_id = c.client_id
            and e.month = c.month
            and e.conversion_family = c.conversion_family
            and e.action_type = c.action_type
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

)

select * from final
