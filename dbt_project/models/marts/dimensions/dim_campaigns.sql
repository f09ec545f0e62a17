with names as (

    select * from {{ ref('dim_names') }}
    where level = 'campaign'

),

final as (

    select
        client_id,
        entity_id as campaign_id,

        min(first_day) as first_day,
        max(last_day) as last_day,

        min(entity_name) filter (where is_current) as campaign_name,
        count(*) as names
    from names
    group by client_id, entity_id

)

select * from final
