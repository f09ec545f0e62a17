with source as (

    select * from {{ source('meta_ads', 'control_totals') }}

),

final as (

    select
        client_id,
        account_id,

        date_day,

        currency,

        spend,
        impressions,
        reach,
        clicks,
        link_clicks,

        batch_id
    from source

)

select * from final
