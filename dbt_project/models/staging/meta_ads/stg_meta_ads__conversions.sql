with source as (

    select * from {{ source('meta_ads', 'conversions') }}

),

final as (

    select
        client_id,
        account_id,
        level,
        entity_id,

        date_day,

        actions,
        action_values,

        batch_id
    from source

)

select * from final
