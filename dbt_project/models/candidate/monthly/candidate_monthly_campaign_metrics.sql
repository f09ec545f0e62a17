{{ config(alias='monthly_campaign_metrics', grain=['client_id', 'campaign_id', 'month']) }}

with days as (

    select * from {{ ref('candidate_daily_campaign_performance') }}

),

final as (

    select
        client_id,
        min(account_id) as account_id,
        campaign_id,

        month,

        -- The latest name of the month.
        (
            array_agg(campaign_name order by date_day desc)
            filter (where campaign_name is not null)
        )[1] as campaign_name,
        min(currency) as currency,

        sum(spend) as spend,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        sum(link_clicks)::bigint as link_clicks,
        count(*) filter (where impressions > 0 or spend > 0) as days_with_delivery,
        count(*) filter (where conversions_null_reason = '{{ null_reason('receipt') }}')
            as days_without_receipt,
        count(*) filter (where conversions_null_reason = '{{ null_reason('custom') }}')
            as days_of_unnamed_results
    from days
    group by client_id, campaign_id, month

)

select * from final
