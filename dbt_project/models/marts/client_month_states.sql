-- The state follows the calendar at the moment of the query, so it changes without a publication.
with months as (

    select * from {{ published('client_months') }}

),

clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

settings as (

    select ops.setting_int('lookback_days') as lookback

),

bounded as (

    select
        m.client_id,
        m.month,
        m.received_days,
        m.empty_days,
        (m.month + interval '1 month')::date - 1 as last_day,
        ops.latest_due_day(c.timezone_name, ops.business_now()) as latest_due_day,
        c.starts_on,
        c.ends_on,
        s.lookback
    from months as m
    inner join clients as c on m.client_id = c.client_id
    cross join settings as s

),

counted as (

    select
        b.*,
        d.missing_days,
        d.days_owed,
        d.days_to_read
    from bounded as b
    cross join lateral (
        select
            count(*) as days_owed,
            count(*) filter (
                where ops.is_read_out(d.date_day::date, s.read_for, b.lookback) is not true
            ) as days_to_read,
            coalesce(
                array_agg(d.date_day::date order by d.date_day)
                filter (where not d.date_day::date = any(b.received_days)),
                '{}'
            ) as missing_days
        from
            generate_series(
                greatest(b.month, b.starts_on)::timestamp,
                least(b.last_day, b.latest_due_day, b.ends_on)::timestamp,
                interval '1 day'
            ) as d (date_day)
        left join {{ source('ops', 'standing_days') }} as s
            on b.client_id = s.client_id and d.date_day::date = s.date_day
        where
            s.state is distinct from 'waived'
            and not exists (
                select 1 from {{ source('ops', 'client_pauses') }} as p
                where p.client_id = b.client_id and d.date_day::date between p.since and p.until
            )
    ) as d

),

final as (

    select
        client_id,
        month,
        ops.month_state(latest_due_day, last_day, days_to_read) as month_state,
        days_owed,
        days_owed - cardinality(missing_days) as days_received,
        missing_days,
        empty_days,
        cardinality(missing_days) = 0 as is_complete
    from counted

)

select * from final
