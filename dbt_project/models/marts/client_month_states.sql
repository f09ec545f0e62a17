-- The calendar is read at the time of asking: it never makes a publication by itself.
with months as (

    select * from {{ published('client_months') }}

),

clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

bounded as (

    select
        m.client_id,
        m.month,
        m.received_days,
        m.empty_days,
        m.publication_id,
        (m.month + interval '1 month')::date - 1 as last_day,
        ops.latest_due_day(c.timezone_name) as latest_due_day,
        c.starts_on,
        c.ends_on
    from months as m
    inner join clients as c on m.client_id = c.client_id

),

owed as (

    select
        b.*,
        d.days_owed,
        d.missing_days
    from bounded as b
    cross join lateral (
        select
            count(*) as days_owed,
            coalesce(
                array_agg(day.date_day::date order by day.date_day)
                filter (where not day.date_day::date = any(b.received_days)),
                '{}'
            ) as missing_days
        from
            generate_series(
                greatest(b.month, b.starts_on)::timestamp,
                least(b.last_day, b.latest_due_day, b.ends_on)::timestamp,
                interval '1 day'
            ) as day (date_day)
        where
            not exists (
                select 1 from {{ source('ops', 'client_pauses') }} as p
                where p.client_id = b.client_id and day.date_day::date between p.since and p.until
            )
            and not exists (
                select 1 from {{ ref('stg_ledger__slice_state') }} as w
                where
                    w.client_id = b.client_id
                    and w.level = 'campaign'
                    and w.date_day = day.date_day::date
                    and w.state = 'waived'
            )
    ) as d

),

final as (

    select
        client_id,
        month,
        case
            when latest_due_day < last_day then 'open'
            when
                exists (
                    select 1 from {{ ref('stg_ledger__slice_state') }} as s
                    where
                        s.client_id = owed.client_id
                        and s.level = 'campaign'
                        and s.date_day between owed.month and owed.last_day
                        and s.state in ('received', 'empty')
                        and s.read_for < s.date_day + ops.setting_int('lookback_days') - 1
                ) then 'provisional'
            else 'final'
        end as month_state,
        days_owed,
        days_owed - cardinality(missing_days) as days_received,
        missing_days,
        empty_days,
        cardinality(missing_days) = 0 as is_complete
    from owed

)

select * from final
