with entries as (

    select * from {{ ref('int_conversion_entries') }}

),

final as (

    select distinct on (client_id, month, conversion_family)
        client_id,
        month,
        conversion_family,
        is_conversion,
        action_type
    from entries
    order by client_id, month, conversion_family, precedence

)

select * from final
