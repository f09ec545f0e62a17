{{
    config(
        alias='entity_names',
        grain=['client_id', 'level', 'entity_id', 'month', 'first_day']
    )
}}

with final as (

    select
        client_id,
        level,
        entity_id,
        campaign_id,
        ad_set_id,

        month,
        first_day,
        last_day,

        entity_name
    from {{ ref('int_entity_names') }}

)

select * from final
