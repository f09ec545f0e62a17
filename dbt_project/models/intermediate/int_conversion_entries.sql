with months as (

    select * from {{ ref('int_build_client_months') }}

),

families as (

    select * from {{ ref('conversion_families') }}
    where conversion_family <> 'other'

),

arrays as (

    select
        c.*,
        m.month
    from months as m
    inner join {{ ref('stg_meta_ads__conversions') }} as c
        on m.client_id = c.client_id and {{ in_month('c.date_day', 'm.month') }}
    where c.level in ('account', 'campaign')

),

-- A value without a count occurs, so neither array leads.
unfolded as (

    select
        a.client_id,
        a.level,
        a.entity_id,
        a.month,
        a.date_day,
        e.entry,
        true as is_count
    from arrays as a
    cross join lateral jsonb_array_elements(a.actions) as e (entry)
    union all
    select
        a.client_id,
        a.level,
        a.entity_id,
        a.month,
        a.date_day,
        e.entry,
        false as is_count
    from arrays as a
    cross join lateral jsonb_array_elements(a.action_values) as e (entry)

),

final as (

    select
        u.client_id,
        u.level,
        u.entity_id,
        u.month,
        u.date_day,
        f.action_type,
        f.conversion_family,
        f.precedence,
        f.is_conversion,
        u.is_count,
        u.entry - 'action_type' as amounts
    from unfolded as u
    inner join families as f on u.entry ->> 'action_type' = f.action_type

)

select * from final
