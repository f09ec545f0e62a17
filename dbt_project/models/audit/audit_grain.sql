-- What would break the key of a mart: an object twice, or a second currency within a month.
with days as (

    select * from {{ ref('candidate_daily_campaign_performance') }}

),

twice as (

    select
        client_id,
        month,
        date_day,
        'campaign ' || campaign_id || ' stands ' || count(*) || ' times' as detail
    from days
    group by client_id, month, date_day, campaign_id
    having count(*) > 1

),

currencies as (

    select
        client_id,
        month,
        null::date as date_day,
        'amounts in ' || string_agg(distinct currency, ' and ') as detail
    from days
    group by client_id, month
    having count(distinct currency) > 1

),

final as (

    select * from twice
    union all
    select * from currencies

)

select * from final
