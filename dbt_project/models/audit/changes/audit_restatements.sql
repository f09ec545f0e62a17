-- Meta often corrects younger days.
with months as (

    select
        m.client_id,
        m.month,
        p.received_days,
        ops.latest_due_day(c.timezone_name, ops.business_now()) - 7 as settled_until
    from {{ ref('int_build_client_months') }} as m
    inner join {{ published_before('client_months') }} as p
        on m.client_id = p.client_id and m.month = p.month
    inner join {{ ref('stg_ledger__clients') }} as c on m.client_id = c.client_id

),

days as (

    select
        client_id,
        month,
        date_day,
        spend,
        conversions,
        true as is_new
    from {{ ref('candidate_daily_campaign_performance') }}
    union all
    select
        p.client_id,
        p.month,
        p.date_day,
        p.spend,
        p.conversions,
        false as is_new
    from months as m
    inner join {{ published_before('daily_campaign_performance') }} as p
        on m.client_id = p.client_id and m.month = p.month

),

summed as (

    select
        m.client_id,
        m.month,
        coalesce(sum(d.spend) filter (where not d.is_new), 0) as spend_before,
        coalesce(sum(d.spend) filter (where d.is_new), 0) as spend_after,
        coalesce(sum(d.conversions) filter (where not d.is_new), 0) as conversions_before,
        coalesce(sum(d.conversions) filter (where d.is_new), 0) as conversions_after
    from months as m
    inner join days as d
        on m.client_id = d.client_id and m.month = d.month
    where d.date_day = any(m.received_days) and d.date_day <= m.settled_until
    group by m.client_id, m.month

),

final as (

    select
        s.client_id,
        s.month,
        v.metric,
        v.before,
        v.after
    from summed as s
    cross join
        lateral (
            values
            ('spend', s.spend_before, s.spend_after, 1),
            ('conversions', s.conversions_before, s.conversions_after, 10)
        ) as v (metric, before, after, least_change)
    where
        abs(v.after - v.before) > v.before * ops.setting_int('restatement_percent') / 100.0
        and abs(v.after - v.before) >= v.least_change

)

select * from final
