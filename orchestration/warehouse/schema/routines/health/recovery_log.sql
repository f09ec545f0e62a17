-- What finally failed, what was tried, and the command that repeats it; closed_at once it is made
-- good.
create or replace view ops.recovery_log as
with collections as (
    select
        'collection-' || f.failure_id as entry,
        'collection' as kind,
        f.failed_at as at,
        b.run_id,
        f.batch_id,
        f.client_id,
        f.since,
        f.until,
        f.error,
        f.reason,
        f.attempts,
        format(
            'meta-ads recover --client %s --since %s --until %s', f.client_id, f.since, f.until
        ) as replay,
        f.closed_at
    from ops.failed_collections as f
    inner join ops.batches as b on f.batch_id = b.batch_id
),

refusals as (
    select
        'refusal-' || v.batch_id || '-' || v.date_day as entry,
        'refusal' as kind,
        min(v.found_at) as at,
        min(b.run_id) as run_id,
        v.batch_id,
        v.client_id,
        v.date_day as since,
        v.date_day as until,
        'refused' as error,
        string_agg(distinct v.rule, ', ' order by v.rule) as reason,
        '[]'::jsonb as attempts,
        format(
            'meta-ads collect --client %s --since %s --until %s',
            v.client_id, v.date_day, v.date_day
        ) as replay,
        case when bool_and(v.closed_at is not null) then max(v.closed_at) end as closed_at
    from quarantine.violations as v
    inner join ops.batches as b on v.batch_id = b.batch_id
    where v.severity = 'blocking' and v.date_day is not null
    group by v.batch_id, v.client_id, v.date_day
),

builds as (
    select
        'build-' || r.build_id as entry,
        'build' as kind,
        r.finished_at as at,
        'failed' as error,
        coalesce(r.reason, 'dbt''s own log says why') as reason,
        'meta-ads build' as replay,
        (
            select min(l.finished_at) from ops.builds as l
            where l.build_id > r.build_id and l.state in ('published', 'unchanged')
        ) as closed_at
    from ops.builds as r
    where r.state = 'failed'
),

runs as (
    select
        'run-' || r.run_id as entry,
        'run' as kind,
        r.failed_at as at,
        r.run_id,
        r.error,
        r.reason,
        case r.job
            when 'daily_refresh' then 'meta-ads run'
            when 'build_only' then 'meta-ads build'
            when 'collect_only' then 'meta-ads collect'
            when 'recover_failed' then 'meta-ads recover'
            when 'refresh_current_month' then 'meta-ads refresh'
            when 'check_data_health' then 'meta-ads health'
            when 'check_marts_thoroughly' then 'meta-ads build --full-refresh'
        end as replay,
        r.closed_at
    from ops.run_failures as r
),

messages as (
    select
        'message-' || m.message_id as entry,
        'message' as kind,
        coalesce(m.sent_at, m.not_before) as at,
        m.state as error,
        m.destination || ': ' || coalesce(m.last_error, '') as reason,
        'meta-ads alerts deliver --again ' || m.message_id as replay,
        coalesce(
            -- Another destination took it in its place,
            (select min(i.sent_at) from ops.alert_messages as i where i.instead_of = m.message_id),
            -- or had it anyway: messages about the same alerts are written side by side.
            (
                select min(o.sent_at) from ops.alert_messages as o
                where o.message_id between m.message_id - 100 and m.message_id + 100
                    and o.kind = m.kind and o.alert_ids = m.alert_ids and o.alert_ids <> '{}'
            ),
            -- A test is made good by the next message that its destination takes.
            case when m.kind in ('test', 'heartbeat') then (
                select d.sent_at from ops.alert_destinations as d
                where d.destination = m.destination and d.sent_at > m.created_at
            ) end
        ) as closed_at
    from ops.alert_messages as m
    where m.state in ('refused', 'expired')
)

select
    entry, kind, at, run_id, batch_id, client_id, since, until, error, reason, attempts, replay,
    closed_at
from collections
union all
select
    entry, kind, at, run_id, batch_id, client_id, since, until, error, reason, attempts, replay,
    closed_at
from refusals
union all
select
    entry, kind, at, null, null, null, null, null, error, reason, '[]'::jsonb, replay, closed_at
from builds
union all
select
    entry, kind, at, run_id, null, null, null, null, error, reason, '[]'::jsonb, replay, closed_at
from runs
union all
select
    entry, kind, at, null, null, null, null, null, error, reason, '[]'::jsonb, replay, closed_at
from messages;
