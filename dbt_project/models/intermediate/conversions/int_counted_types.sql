-- Of each family one type is counted on a day, the same at all levels: the one with the lowest
-- precedence that the account or its campaigns have that day. So a month is the sum of its days,
-- even where Meta gives the event other names on other days.
{{ config(materialized='candidate') }}

with collected as (

    -- Meta sometimes gives a value without a count, so both arrays are read.
    select
        client_id,
        month,
        action_type,
        day_bits
    from {{ ref('int_monthly_counts') }}
    union all
    select
        client_id,
        month,
        action_type,
        day_bits
    from {{ ref('int_monthly_values') }}

),

merged as (

    select
        client_id,
        month,
        action_type,
        bit_or(day_bits) as day_bits
    from collected
    group by client_id, month, action_type

),

families as (

    select * from {{ ref('int_client_families') }}
    where is_additive

),

ranked as (

    select
        s.client_id,
        s.month,
        f.conversion_family,
        f.action_type,
        f.precedence,
        f.is_conversion,
        s.day_bits,
        coalesce(bit_or(s.day_bits) over before_it, 0) as taken_bits
    from merged as s
    inner join families as f on s.client_id = f.client_id and s.action_type = f.action_type
    window
        before_it as (
            partition by s.client_id, s.month, f.conversion_family order by f.precedence
            rows between unbounded preceding and 1 preceding
        )

),

final as (

    select
        client_id,
        month,
        conversion_family,
        action_type,
        precedence,
        is_conversion,
        day_bits & ~taken_bits as counted_bits,
        day_bits & taken_bits = 0 as is_whole
    from ranked
    where day_bits & ~taken_bits <> 0

)

select * from final
