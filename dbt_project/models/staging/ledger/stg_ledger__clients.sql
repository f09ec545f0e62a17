with source as (

    select * from {{ source('ops', 'clients') }}

),

final as (

    select
        client_id,
        replace(ad_account_id, 'act_', '') as account_id,

        starts_on,
        ends_on,
        owed_since,

        name as client_name,
        client_group,
        status,
        timezone_name,
        currency,
        expects_conversions,
        conversion_families
    from source

)

select * from final
