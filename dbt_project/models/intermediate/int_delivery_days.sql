with months as (

    select * from {{ ref('int_build_client_months') }}

),

receipts as (

    select * from {{ ref('stg_ledger__slice_state') }}
    where state = 'received' and names_conversions

),

totals as (

    select
        t.client_id,
        t.account_id,
        'account' as level,
        t.account_id as entity_id,
        null::text as campaign_id,
        null::text as ad_set_id,
        null::text as ad_id,
        m.month,
        t.date_day,
        null::text as campaign_name,
        null::text as ad_set_name,
        null::text as ad_name,
        t.currency,
        t.spend,
        t.impressions,
        t.reach,
        t.clicks,
        t.link_clicks
    from months as m
    inner join {{ ref('stg_meta_ads__control_totals') }} as t
        on m.client_id = t.client_id and {{ in_month('t.date_day', 'm.month') }}

),

objects as (

    select
        i.client_id,
        i.account_id,
        i.level,
        i.entity_id,
        i.campaign_id,
        i.ad_set_id,
        i.ad_id,
        m.month,
        i.date_day,
        i.campaign_name,
        i.ad_set_name,
        i.ad_name,
        i.currency,
        i.spend,
        i.impressions,
        i.reach,
        i.clicks,
        i.link_clicks
    from months as m
    inner join {{ ref('stg_meta_ads__insights') }} as i
        on m.client_id = i.client_id and {{ in_month('i.date_day', 'm.month') }}

),

delivery as (

    select * from totals
    union all
    select * from objects

),

final as (

    select
        d.*,
        r.client_id is not null as has_receipt
    from delivery as d
    left join receipts as r
        on d.client_id = r.client_id and d.level = r.level and d.date_day = r.date_day

)

select * from final
