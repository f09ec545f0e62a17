-- Conversions of a campaign on a day on which it did not deliver: they occur, where Meta counts
-- them on the day of the conversion.
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
