with counted as (

    select
        client_id,
        month,
        conversion_family,
        action_type,
        precedence,
        counted_bits,
        count(*) over (partition by client_id, month, conversion_family) as types
    from {{ ref('int_counted_types') }}

),

days as (

    select
        c.client_id,
        c.month,
        c.conversion_family,
        c.action_type,
        c.precedence,
        d.date_day,
        d.date_day - row_number() over (
            partition by c.client_id, c.month, c.conversion_family, c.action_type
            order by d.date_day
        )::integer as period
    from counted as c
    cross join
        lateral (
            select c.month + n as date_day from generate_series(0, 30) as n
        ) as d
    where c.types > 1 and {{ is_among('d.date_day', 'c.month', 'c.counted_bits') }}

),

grouped as (

    select
        client_id,
        month,
        conversion_family,
        action_type,
        precedence,
        min(date_day) as since,
        max(date_day) as until
    from days
    group by client_id, month, conversion_family, action_type, precedence, period

),

described as (

    select
        client_id,
        month,
        conversion_family,
        precedence,
        action_type || ' on ' || string_agg(
            since || case when until > since then ' to ' || until else '' end,
            ', ' order by since
        ) as on_days
    from grouped
    group by client_id, month, conversion_family, action_type, precedence

),

final as (

    select
        client_id,
        month,
        conversion_family,
        string_agg(on_days, '; ' order by precedence) as detail
    from described
    group by client_id, month, conversion_family

)

select * from final
