-- They may be conversions or not: the number of such a client-month is unknown, not zero.
{{ config(materialized='candidate') }}

with unnamed as (

    select
        m.client_id,
        m.level,
        m.entity_id,
        m.month,
        m.day_bits
    from {{ ref('int_monthly_counts') }} as m
    inner join {{ ref('stg_ledger__clients') }} as c on m.client_id = c.client_id
    where
        starts_with(m.action_type, '{{ custom_conversion() }}')
        and m."default" > 0
        and not c.custom_conversions ? substr(
            m.action_type, length('{{ custom_conversion() }}') + 1
        )

),

counted as (

    select distinct
        client_id,
        month
    from {{ ref('int_counted_types') }}
    where is_conversion

),

final as (

    select
        u.client_id,
        u.level,
        u.entity_id,
        u.month,
        bit_or(u.day_bits) as day_bits
    from unnamed as u
    left join counted as k on u.client_id = k.client_id and u.month = k.month
    where k.client_id is null
    group by u.client_id, u.level, u.entity_id, u.month

)

select * from final
