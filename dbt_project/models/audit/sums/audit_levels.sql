with days as (

    select
        client_id,
        month,
        date_day,
        level,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from (
        {% for level, name in [('campaign', 'campaign'), ('adset', 'ad_set'), ('ad', 'ad')] %}
            select
                client_id,
                month,
                date_day,
                '{{ level }}' as level,
                spend,
                impressions,
                clicks
            from {{ ref('candidate_daily_' ~ name ~ '_performance') }}
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as objects
    group by client_id, month, date_day, level

),

received as (

    select
        m.client_id,
        m.month,
        s.date_day,
        s.level
    from {{ ref('int_build_client_months') }} as m
    inner join {{ ref('stg_ledger__slice_state') }} as s
        on m.client_id = s.client_id and {{ in_month('s.date_day', 'm.month') }}
    where s.level in ('adset', 'ad') and s.state in ('received', 'empty')

),

paired as (

    select
        f.client_id,
        f.month,
        f.level,
        v.metric,
        v.unit,
        sum(coalesce(v.whole, 0)) as whole,
        sum(coalesce(v.part, 0)) as part,
        count(*) as days
    from received as f
    left join days as c
        on f.client_id = c.client_id and f.date_day = c.date_day and c.level = 'campaign'
    left join days as p
        on f.client_id = p.client_id and f.date_day = p.date_day and f.level = p.level
    cross join
        lateral (
            values
            ('spend', 0.01, c.spend, p.spend),
            ('impressions', 1, c.impressions, p.impressions),
            ('clicks', 1, c.clicks, p.clicks)
        ) as v (metric, unit, whole, part)
    group by f.client_id, f.month, f.level, v.metric, v.unit

),

final as (

    -- The same tolerance as for the account's total: a thousandth, or one unit for each day.
    select
        client_id,
        month,
        level,
        metric,
        whole,
        part
    from paired
    where abs(part - whole) > {{ tolerance('unit * days', 'whole') }}

)

select * from final
