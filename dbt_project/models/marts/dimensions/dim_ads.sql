with names as (

    select * from {{ ref('dim_names') }}
    where level = 'ad'

),

final as (

    select
        client_id,
        min(campaign_id) as campaign_id,
        min(ad_set_id) as ad_set_id,
        entity_id as ad_id,

        min(first_day) as first_day,
        max(last_day) as last_day,

        min(entity_name) filter (where is_current) as ad_name,
        count(*) as names
    from names
    group by client_id, entity_id

)

select * from final
