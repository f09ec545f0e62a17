-- Everything that a person should know; neighbouring days of one reason are one row.
-- `stands`: whether the days have data of an earlier answer, or the month an earlier
-- publication; null where that is not the question.
with days as (
    select
        case when reason in ('failed', 'refused') then reason else 'gap' end as kind,
        client_id, date_day, coalesce(detail, reason) as reason, false as stands
    from ops.missing_days
    union all
    -- A re-read that failed: the rows that stand are good, but not the latest.
    select last_attempt, client_id, date_day, last_reason, true
    from ops.slice_state
    where level = 'campaign' and state in ('received', 'empty')
        and last_attempt in ('failed', 'refused')
    union all
    -- The time zone of the account is unknown, and so is which of its days are due.
    select s.last_attempt, s.client_id, s.date_day, s.last_reason, s.state <> 'none'
    from ops.slice_state as s
    inner join ops.clients as c on s.client_id = c.client_id
    where s.level = 'campaign' and s.last_attempt = 'failed'
        and c.timezone_name is null and c.is_listed
    union all
    -- Only if no day has this reason already: days that were asked for failed with it.
    select 'account', c.client_id, ops.business_now()::date, c.account_refused, null
    from ops.clients as c
    where c.is_listed and c.account_refused is not null and not exists (
        select 1 from ops.slice_state as s
        where s.client_id = c.client_id and s.last_reason = c.account_refused
    )
    union all
    select
        'suspected gap', client_id, date_day,
        'Meta answered without rows between days with delivery', null
    from ops.suspected_gaps
    union all
    select
        case when v.rule = any(%(doubtful)s) then 'doubtful' else 'warning' end,
        v.client_id, coalesce(v.date_day, b.since),
        v.rule || ': ' || split_part(v.detail, ' (', 1), null
    from quarantine.violations as v
    inner join ops.batches as b using (batch_id)
    where b.run_id = %(run)s and v.severity = 'warning'
    group by 1, v.client_id, coalesce(v.date_day, b.since), 4
),
islands as (
    select
        *,
        date_day - row_number() over (
            partition by kind, client_id, reason, stands order by date_day
        )::integer as island
    from days
    where client_id = any(%(clients)s)
)
select kind, client_id, min(date_day) as since, max(date_day) as until, reason, stands
from islands
group by kind, client_id, reason, stands, island
union all
select
    kind, client_id, since, until,
    case kind
        when 'no delivery yet' then 'Meta answered without a single row so far'
        else link_clicks || ' link clicks and not one counted conversion so far'
    end,
    null
from ops.unproven_clients where client_id = any(%(clients)s)
union all
-- All that the latest build left out: what that build did, also where a rollback came after it.
-- `ops.latest_build_of` is the state of one client-month now: there a rollback counts as a build.
select
    'left out', b.client_id, b.month, (b.month + interval '1 month')::date - 1,
    b.left_out,
    exists (
        select 1 from ops.published_rows as p
        where p.mart = 'client_months' and p.client_id = b.client_id and p.month = b.month
            and cardinality(p.keys) > 0
    )
from ops.build_client_months as b
where b.left_out is not null and b.client_id = any(%(clients)s)
    and b.build_id = (
        select max(build_id) from ops.builds where state in ('published', 'unchanged')
    )
order by client_id, since, kind
