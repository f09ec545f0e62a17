-- The state follows the calendar at the moment of the query, so it changes without a publication.
-- A condition on the client has to reach every part, so nothing is materialized.
with published_months as not materialized (

    select * from {{ published('client_months') }}

),

clients as not materialized (

    select
        *,
        coalesce(timezone_name, 'UTC') as zone,
        ops.latest_due_day(coalesce(timezone_name, 'UTC'), ops.business_now()) as latest_due_day
    from {{ ref('stg_ledger__clients') }}

),

settings as not materialized (

    select ops.setting_int('lookback_days') as lookback

),

owing as (

    select
        c.client_id,
        coalesce(
            c.owed_since,
            ops.first_owed_day(c.starts_on, c.account_since, c.latest_due_day, s.lookback)
        ) as first_day,
        least(c.latest_due_day, c.ends_on) as last_day
    from clients as c
    cross join settings as s
    where c.is_listed and c.may_owe and c.added_at <= ops.known_until()

),

candidates as (

    select
        client_id,
        month,
        false as is_owed
    from published_months
    union all
    select
        client_id,
        month,
        false as is_owed
    from {{ source('ops', 'client_months') }}
    union all
    select
        o.client_id,
        m.month::date as month,
        true as is_owed
    from owing as o
    cross join
        lateral generate_series(
            date_trunc('month', o.first_day::timestamp),
            o.last_day::timestamp,
            interval '1 month'
        ) as m (month)

),

months as (

    select
        client_id,
        month,
        bool_or(is_owed) as is_owed
    from candidates
    group by client_id, month

),

bounded as (

    select
        m.client_id,
        m.month,
        m.is_owed,
        c.client_name,
        c.zone,
        p.received_days,
        p.empty_days,
        p.publication_id,
        (m.month + interval '1 month')::date - 1 as last_day,
        c.latest_due_day,
        c.starts_on,
        c.ends_on,
        s.lookback
    from months as m
    inner join clients as c on m.client_id = c.client_id
    left join published_months as p on m.client_id = p.client_id and m.month = p.month
    cross join settings as s

),

counted as (

    select
        b.*,
        d.days_owed,
        d.days_to_read,
        d.missing_days,
        d.answered_empty_days,
        d.days_answered
    from bounded as b
    cross join lateral (
        select
            count(*) as days_owed,
            count(*) filter (
                where ops.is_read_out(d.date_day::date, s.read_for, b.lookback) is not true
            ) as days_to_read,
            count(s.state) as days_answered,
            coalesce(
                array_agg(d.date_day::date order by d.date_day)
                filter (
                    where not coalesce(
                        d.date_day::date = any(b.received_days), s.state is not null
                    )
                ),
                '{}'
            ) as missing_days,
            coalesce(
                array_agg(d.date_day::date order by d.date_day) filter (where s.state = 'empty'),
                '{}'
            ) as answered_empty_days
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
        c.client_id,
        c.month,

        case
            when c.publication_id is null then 'unpublished'
            else ops.month_state(c.latest_due_day, c.last_day, c.days_to_read)
        end as month_state,
        c.days_owed,
        c.days_owed - cardinality(c.missing_days) as days_received,
        c.missing_days,
        coalesce(c.empty_days, c.answered_empty_days) as empty_days,
        c.publication_id is not null and cardinality(c.missing_days) = 0 as is_complete,
        {{ incomplete_reason('c') }} as incomplete_reason,
        {{ client_name_of_month('c') }} as client_name,
        c.publication_id
    from counted as c
    where c.publication_id is not null or c.days_answered > 0 or (c.is_owed and c.days_owed > 0)

)

select * from final
