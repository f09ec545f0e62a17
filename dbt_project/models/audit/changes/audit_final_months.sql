with months as (

    select
        b.client_id,
        b.month
    from {{ source('ops', 'build_client_months') }} as b
    inner join {{ ref('int_build_client_months') }} as m
        on b.build_id = m.build_id and b.client_id = m.client_id and b.month = m.month
    where b.was_final

),

delivery as (

    select
        client_id,
        month,
        spend,
        impressions,
        clicks,
        true as is_new
    from {{ ref('candidate_monthly_campaign_metrics') }}
    union all
    select
        p.client_id,
        p.month,
        p.spend,
        p.impressions,
        p.clicks,
        false as is_new
    from months as m
    inner join {{ published_before('monthly_campaign_metrics') }} as p
        on m.client_id = p.client_id and m.month = p.month

),

conversions as (

    select
        client_id,
        month,
        is_conversion,
        attribution_window,
        conversions,
        conversion_value,
        true as is_new
    from {{ ref('candidate_monthly_conversion_metrics') }}
    union all
    select
        p.client_id,
        p.month,
        p.is_conversion,
        p.attribution_window,
        p.conversions,
        p.conversion_value,
        false as is_new
    from months as m
    inner join {{ published_before('monthly_conversion_metrics') }} as p
        on m.client_id = p.client_id and m.month = p.month

),

measures as (

    select
        d.client_id,
        d.month,
        d.is_new,
        v.metric,
        v.unit,
        v.amount
    from delivery as d
    cross join
        lateral (
            values
            ('spend', 0.01, d.spend), ('impressions', 1, d.impressions), ('clicks', 1, d.clicks)
        ) as v (metric, unit, amount)
    union all
    select
        c.client_id,
        c.month,
        c.is_new,
        v.metric,
        v.unit,
        v.amount
    from conversions as c
    cross join
        lateral (
            values
            ('conversions', 0, c.conversions), ('conversion_value', 0.01, c.conversion_value)
        ) as v (metric, unit, amount)
    where c.is_conversion and c.attribution_window = 'default'

),

compared as (

    select
        x.client_id,
        x.month,
        x.metric,
        x.unit,
        coalesce(sum(x.amount) filter (where not x.is_new), 0) as before,
        coalesce(sum(x.amount) filter (where x.is_new), 0) as after
    from measures as x
    inner join months as m on x.client_id = m.client_id and x.month = m.month
    inner join {{ published_before('client_months') }} as p
        on x.client_id = p.client_id and x.month = p.month
    group by x.client_id, x.month, x.metric, x.unit

),

final as (

    select
        client_id,
        month,
        metric,
        before,
        after
    from compared
    where abs(after - before) > {{ tolerance('unit', 'before') }}

)

select * from final
