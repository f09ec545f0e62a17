-- The reviewed action types as each client counts them: a client may name its own conversions.
with clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

families as (

    select * from {{ ref('conversion_families') }}
    where conversion_family <> 'other'

),

final as (

    select
        c.client_id,
        f.action_type,
        f.conversion_family,
        f.precedence,
        f.is_additive,
        coalesce(f.conversion_family = any(c.conversion_families), f.is_conversion)
            as is_conversion
    from clients as c
    cross join families as f

)

select * from final
