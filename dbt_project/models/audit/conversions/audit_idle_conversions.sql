-- Meta counts some conversions on the day of the conversion, when the campaign may have ended.
with final as (

    select
        client_id,
        month,
        date_day,
        count(*) as campaigns,
        sum(conversions) as conversions
    from {{ ref('candidate_daily_campaign_performance') }}
    where impressions = 0 and spend = 0 and conversions > 0
    group by client_id, month, date_day

)

select * from final
