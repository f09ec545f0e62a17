-- The gate judges single days; each of them may have been plausible, or was released.
with months as (

    select
        client_id,
        month,
        sum(spend) as spend
    from {{ ref('candidate_monthly_campaign_metrics') }}
    group by client_id, month
    having sum(days_without_receipt) = 0

),

expecting as (

    select client_id from {{ ref('stg_ledger__clients') }}
    where expects_conversions

),

counted as (

    select distinct
        client_id,
        month,
        conversion_family
    from {{ ref('candidate_monthly_conversion_metrics') }}
    where conversions > 0 and attribution_window = 'default'

),

earlier_spend as (

    select
        m.client_id,
        m.month,
        sum(p.spend) as spend
    from months as m
    inner join {{ published_before('monthly_campaign_metrics') }} as p
        on
            m.client_id = p.client_id
            and p.month >= m.month - interval '3 months'
            and m.month > p.month
    group by m.client_id, m.month

),

earlier_conversions as (

    select
        m.client_id,
        m.month,
        p.conversion_family,
        sum(p.conversions) as conversions
    from months as m
    inner join {{ published_before('monthly_conversion_metrics') }} as p
        on
            m.client_id = p.client_id
            and p.month >= m.month - interval '3 months'
            and m.month > p.month
    where p.is_conversion and p.attribution_window = 'default'
    group by m.client_id, m.month, p.conversion_family

),

final as (

    select
        c.client_id,
        c.month,
        c.conversion_family,
        round(c.conversions * m.spend / s.spend, 1) as expected
    from earlier_conversions as c
    inner join earlier_spend as s on c.client_id = s.client_id and c.month = s.month
    inner join months as m on c.client_id = m.client_id and c.month = m.month
    inner join expecting as e on c.client_id = e.client_id
    left join counted as n
        on
            c.client_id = n.client_id
            and c.month = n.month
            and c.conversion_family = n.conversion_family
    -- Where 14 are expected, the chance of none is one in a million: the gate's limit for a day.
    where n.client_id is null and s.spend > 0 and c.conversions * m.spend / s.spend >= 14

)

select * from final
