-- Where the account has more of a family than its campaigns, their conversions did not come. Values
-- may differ a little, because each amount is rounded by itself.
with family_days as (

    select * from {{ ref('int_family_days') }}
    where is_conversion and level in ('account', 'campaign')

),

summed as (

    select
        client_id,
        month,
        date_day,
        conversion_family,
        sum(conversions) filter (where level = 'account') as account_count,
        coalesce(sum(conversions) filter (where level = 'campaign'), 0) as campaign_count,
        sum(conversion_value) filter (where level = 'account') as account_value,
        coalesce(sum(conversion_value) filter (where level = 'campaign'), 0) as campaign_value
    from family_days
    group by client_id, month, date_day, conversion_family

),

final as (

    select
        s.client_id,
        s.month,
        s.date_day,
        s.conversion_family,
        v.metric,
        v.in_account,
        v.in_campaigns
    from summed as s
    cross join
        lateral (
            values
            ('conversions', s.account_count, s.campaign_count, 0::numeric),
            (
                'conversion_value',
                s.account_value,
                s.campaign_value,
                greatest(1, s.account_value * {{ var('value_tolerance_share') }})
            )
        ) as v (metric, in_account, in_campaigns, allowance)
    where v.in_account > v.in_campaigns + v.allowance

)

select * from final
