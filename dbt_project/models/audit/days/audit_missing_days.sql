-- Where campaigns delivered both before and after the day, data are probably missing.
with months as (

    select * from {{ ref('int_build_client_months') }}

),

gaps as (

    select
        g.client_id,
        m.month,
        g.date_day,
        g.reason,
        g.detail
    from months as m
    inner join {{ source('ops', 'missing_days') }} as g
        on m.client_id = g.client_id and {{ in_month('g.date_day', 'm.month') }}

),

activity as (

    select
        client_id,
        month,
        campaign_id,
        min(date_day) as first_day,
        max(date_day) as last_day
    from {{ ref('candidate_daily_campaign_performance') }}
    where impressions > 0
    group by client_id, month, campaign_id

),

final as (

    select
        g.client_id,
        g.month,
        g.date_day,
        g.reason,
        g.detail,
        count(a.campaign_id) as active_campaigns
    from gaps as g
    left join activity as a
        on
            g.client_id = a.client_id
            and g.month = a.month
            and g.date_day > a.first_day
            and g.date_day < a.last_day
    group by g.client_id, g.month, g.date_day, g.reason, g.detail

)

select * from final
