with names as (

    select * from {{ published('entity_names') }}

),

numbered as (

    select
        *,
        sum(is_new) over (
            partition by client_id, level, entity_id order by first_day
        ) as period
    from (
        select
            *,
            (
                entity_name is distinct from lag(entity_name) over (
                    partition by client_id, level, entity_id order by first_day
                )
            )::integer as is_new
        from names
    ) as compared

),

final as (

    select
        client_id,
        level,
        entity_id,
        min(campaign_id) as campaign_id,
        min(ad_set_id) as ad_set_id,

        min(first_day) as first_day,
        max(last_day) as last_day,

        min(entity_name) as entity_name,
        max(last_day) = max(max(last_day)) over (partition by client_id, level, entity_id)
            as is_current
    from numbered
    group by client_id, level, entity_id, period

)

select * from final
