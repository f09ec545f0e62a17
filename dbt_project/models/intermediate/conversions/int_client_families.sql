-- Custom conversions come after all types of the seed, because reviewed types are more reliable.
with clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

reviewed as (

    select * from {{ ref('conversion_families') }}
    where conversion_family <> 'other'

),

families as (

    select
        conversion_family,
        bool_or(is_conversion) as is_conversion
    from reviewed
    group by conversion_family

),

custom as (

    select
        c.client_id,
        m.key as custom_id,
        m.value as conversion_family
    from clients as c
    cross join lateral jsonb_each_text(c.custom_conversions) as m

),

members as (

    select
        c.client_id,
        r.action_type,
        r.conversion_family,
        r.precedence,
        r.is_additive
    from clients as c
    cross join reviewed as r
    union all
    select
        client_id,
        '{{ custom_conversion() }}' || custom_id as action_type,
        conversion_family,
        999 + row_number() over (partition by client_id order by custom_id collate "C")
            as precedence,
        true as is_additive
    from custom

),

final as (

    select
        m.client_id,
        m.action_type,
        m.conversion_family,
        m.precedence::integer as precedence,
        m.is_additive,
        coalesce(m.conversion_family = any(c.conversion_families), f.is_conversion) as is_conversion
    from members as m
    inner join families as f on m.conversion_family = f.conversion_family
    inner join clients as c on m.client_id = c.client_id

)

select * from final
