with months as (

    select * from {{ ref('int_build_client_months') }}

),

families as (

    select * from {{ ref('conversion_families') }}

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

unfolded as (

    select
        a.client_id,
        a.level,
        a.entity_id,
        a.month,
        a.date_day,
        e.entry ->> 'action_type' as action_type,
        w.attribution_window,
        w.amount::numeric as conversions,
        null::numeric as conversion_value
    from arrays as a
    cross join lateral jsonb_array_elements(a.actions) as e (entry)
    cross join lateral jsonb_each_text(e.entry - 'action_type') as w (attribution_window, amount)
    union all
    select
        a.client_id,
        a.level,
        a.entity_id,
        a.month,
        a.date_day,
        e.entry ->> 'action_type' as action_type,
        w.attribution_window,
        null::numeric as conversions,
        w.amount::numeric as conversion_value
    from arrays as a
    cross join lateral jsonb_array_elements(a.action_values) as e (entry)
    cross join lateral jsonb_each_text(e.entry - 'action_type') as w (attribution_window, amount)

),

final as (

    select
        u.client_id,
        u.level,
        u.entity_id,
        u.month,
        u.date_day,
        u.action_type,
        f.conversion_family,
        f.precedence,
        f.is_conversion,
        -- Meta's `value` is the window of the ad set's own setting: what Ads Manager shows.
        case u.attribution_window
            when 'value' then 'default' else u.attribution_window
        end as attribution_window,
        u.conversions,
        u.conversion_value
    from unfolded as u
    inner join families as f on u.action_type = f.action_type

)

select * from final
