-- Stretches of equal names, joined over the turn of the month.
with stretches as (

    select * from {{ published('entity_names') }}

),

marked as (

    select
        *,
        sum(is_new) over (
            partition by client_id, level, entity_id order by first_day
        ) as stretch
    from (
        select
            *,
            (
                entity_name is distinct from lag(entity_name) over (
                    partition by client_id, level, entity_id order by first_day
                )
            )::integer as is_new
        from stretches
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
    from marked
    group by client_id, level, entity_id, stretch

)

select * from final
