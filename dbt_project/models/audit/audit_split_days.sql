-- Delivery whose conversions did not come: the account has more of a family than its campaigns.
with family_days as (

    select * from {{ ref('int_family_days') }}
    where is_conversion and level in ('account', 'campaign')

),

final as (

    select
        client_id,
        month,
        date_day,
        conversion_family,
        sum(conversions) filter (where level = 'account') as in_account,
        coalesce(sum(conversions) filter (where level = 'campaign'), 0) as in_campaigns
    from family_days
    group by client_id, month, date_day, conversion_family
    having
        sum(conversions) filter (where level = 'account')
        > coalesce(sum(conversions) filter (where level = 'campaign'), 0)

)

select * from final
