with months as (

    select * from {{ ref('int_build_client_months') }}

),

insights as (

    select * from {{ ref('stg_meta_ads__insights') }}
    where level = 'campaign'

),

receipts as (

    select * from {{ ref('stg_ledger__slice_state') }}
    where level = 'campaign' and state = 'received'

),

final as (

    select
        i.client_id,
        i.account_id,
        i.campaign_id,

        m.month,
        i.date_day,

        i.campaign_name,
        i.currency,
        r.client_id is not null as has_receipt,

        i.spend,
        i.impressions,
        i.reach,
        i.clicks,
        i.link_clicks
    from months as m
    inner join insights as i
        on m.client_id = i.client_id and {{ in_month('i.date_day', 'm.month') }}
    left join receipts as r on i.client_id = r.client_id and i.date_day = r.date_day

)

select * from final
