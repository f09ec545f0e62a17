-- Client-days to ask Meta for, and why; `asked_again_at` is null where only a person can ask again.
-- - An account that never answered has no time zone yet: the days of its lookback are owed, in UTC.
-- - A client whose failure needs a person is asked for once a day. A call that Meta refuses as
--   wrong may be wrong for its days alone, so its other days are asked for all the same.
-- - Of the days before `account_since` only those without data are owed, and `can_be_asked` is
--   false: a person waives them. What another account answered for later days is read again.
create or replace view ops.owed_days as
with held as (
    select
        client_id,
        failed_at + interval '24 hours' as until,
        error <> 'BadRequestError' as is_whole
    from ops.client_failures
    where ops.needs_person(error) and not is_answered_since
),

clients as (
    select
        c.client_id,
        coalesce(c.timezone_name, 'UTC') as zone,
        c.levels,
        c.owed_since,
        c.ends_on,
        c.account_since,
        c.account_changed_at,
        ops.latest_due_day(coalesce(c.timezone_name, 'UTC')) as due_day,
        coalesce(ops.setting_int('lookback_days'), 28) as lookback,
        coalesce(ops.setting_int('deep_months'), 3) as deep_months
    from ops.clients as c
    where c.is_listed and ops.may_owe(c)
),

bounded as materialized (
    select
        c.*,
        least(c.due_day, c.ends_on) as until,
        date_trunc('month', c.due_day)::date as deep_day,
        (date_trunc('month', c.due_day) - make_interval(months => c.deep_months))::date
            as deep_since
    from clients as c
),

days as (
    select
        b.*,
        d.date_day::date as date_day,
        s.state,
        s.read_for,
        s.last_attempt,
        s.last_attempt_at,
        s.confirmed_at,
        coalesce(b.account_since > d.date_day::date, false) as is_before,
        s.last_reason,
        coalesce(s.failed_attempts, 0) as failed_attempts
    from bounded as b
    cross join lateral generate_series(
        greatest(
            coalesce(b.owed_since, b.until - b.lookback + 1), ops.earliest_day(b.zone)
        )::timestamp,
        b.until::timestamp,
        interval '1 day'
    ) as d (date_day)
    left join ops.slice_state as s
        on b.client_id = s.client_id and s.level = 'campaign' and s.date_day = d.date_day::date
    where not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = b.client_id and d.date_day::date between p.since and p.until
    )
),

judged as (
    select
        d.*,
        case
            when d.is_before then case
                when coalesce(d.state, 'none') = 'none' then 'before account_since'
            end
            when d.state is null then 'never collected'
            when d.state = 'none' then d.last_attempt
            when d.state = 'waived' then null
            when cardinality(d.levels) > 1 and exists (
                select 1 from unnest(d.levels) as l (level)
                where not exists (
                    select 1 from ops.slice_state as f
                    where f.client_id = d.client_id and f.level = l.level
                        and f.date_day = d.date_day and f.state <> 'none'
                )
            ) then 'level never collected'
            when d.account_since <= d.date_day and d.confirmed_at < d.account_changed_at
                then 'another account'
            when
                d.read_for is null
                or d.read_for < least(d.due_day, d.date_day + d.lookback - 1) then 'restatement'
            when d.date_day >= d.deep_since and d.read_for < least(d.deep_day, d.due_day)
                then 'deep re-read'
        end as why
    from days as d
)

select
    j.client_id,
    j.date_day,
    j.why,
    j.failed_attempts,
    j.last_reason,
    case
        when j.is_before then null
        when j.failed_attempts = 0
            then coalesce(case when h.is_whole then h.until end, '-infinity'::timestamptz)
        when ops.pause_after(j.failed_attempts) is not null
            then greatest(j.last_attempt_at + ops.pause_after(j.failed_attempts), h.until)
    end as asked_again_at,
    not j.is_before as can_be_asked
from judged as j
left join held as h on j.client_id = h.client_id
where j.why is not null;
