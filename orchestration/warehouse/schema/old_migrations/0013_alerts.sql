-- Alerts with their messages, what must not be tried again by itself, and the log of what finally failed.
alter table ops.clients add column token_env text, add column alert_route text;
comment on column ops.clients.token_env is 'The variable that holds the client''s token; null: META_ACCESS_TOKEN';
comment on column ops.clients.alert_route is 'The route that its alerts take, as in the clients file';

alter table ops.alerts
    add column facts jsonb not null default '{}',
    add column since timestamptz,
    add column times_opened integer not null default 1,
    add column notified_at timestamptz,
    add column raised_at timestamptz,
    add column resolved_by text,
    add column resolved_reason text;
comment on column ops.alerts.subject is 'What happened, in one line';
comment on column ops.alerts.facts is 'What the rule saw: days, reasons; what keeps the alert open';
comment on column ops.alerts.since is 'Since when the fact stands, as far as the ledger knows';
comment on column ops.alerts.times_seen is 'Evaluations that saw the fact since it was last opened';
comment on column ops.alerts.notified_at is 'When the latest message about it was written; null: it was muted, or is of low severity';
comment on column ops.alerts.raised_at is 'When its severity was last raised, because nobody acknowledged it';
comment on column ops.alerts.resolved_by is 'A person; null where the facts resolved it';
create index alerts_latest on ops.alerts (fingerprint, alert_id desc);
create index alerts_resolved on ops.alerts (resolved_at desc nulls last, alert_id desc) where state = 'resolved';

create table ops.alert_messages (
    message_id bigint generated always as identity primary key,
    message_key uuid not null unique default gen_random_uuid(),
    destination text not null,
    kind text not null
    check (kind in ('opened', 'reopened', 'raised', 'reminder', 'resolved', 'digest', 'heartbeat', 'test')),
    rule text,
    severity text,
    alert_ids bigint[] not null default '{}',
    content jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'refused', 'expired')),
    attempts integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    not_before timestamptz not null default clock_timestamp(),
    lease_owner text,
    leased_until timestamptz,
    sent_at timestamptz,
    receipt text,
    last_error text,
    instead_of bigint references ops.alert_messages
);
create index alert_messages_waiting on ops.alert_messages (destination, message_id) where state = 'waiting';
create index alert_messages_sent on ops.alert_messages (destination, state);
create index alert_messages_given_up on ops.alert_messages (message_id) where state in ('refused', 'expired');
create index alert_messages_instead on ops.alert_messages (instead_of) where instead_of is not null;
comment on table ops.alert_messages is
    'The outbox: written with the change of the alert in one transaction, sent later, kept as the proof';
comment on column ops.alert_messages.message_key is 'The same for every attempt, so that a receiver knows a repetition';
comment on column ops.alert_messages.not_before is 'The end of quiet hours, or of the pause after a failed attempt';
comment on column ops.alert_messages.receipt is 'What the destination said when it took the message';
comment on column ops.alert_messages.instead_of is 'The message that another destination refused';

create table ops.alert_destinations (
    destination text primary key,
    is_on boolean not null,
    note text,
    sent_at timestamptz,
    failing_since timestamptz,
    last_error text,
    heartbeat_at timestamptz
);
comment on table ops.alert_destinations is 'Where alerts go, as the process that delivers is set up, and how that went';
comment on column ops.alert_destinations.note is 'Why it is off';
comment on column ops.alert_destinations.heartbeat_at is 'When the latest sign of life was written for it';

create table ops.alert_mutes (
    mute_id bigint generated always as identity primary key,
    rule text,
    client_id text references ops.clients,
    until timestamptz not null,
    reason text not null,
    muted_by text not null,
    muted_at timestamptz not null default clock_timestamp(),
    lifted_at timestamptz
);
comment on table ops.alert_mutes is 'Alerts that are opened and resolved without a message for a while; null: any';

create table ops.alerts_pending (
    fingerprint text primary key,
    first_seen_at timestamptz not null default clock_timestamp()
);
comment on table ops.alerts_pending is 'Findings that may be gone in a moment, and since when they are seen: not alerts yet';

create table ops.run_failures (
    run_id text primary key,
    job text not null,
    step text,
    error text not null,
    reason text not null,
    failed_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz
);
comment on table ops.run_failures is 'Runs that Dagster saw fail, until a later run of the same job succeeds';

create table ops.api_notices (
    notice text primary key,
    first_heard_at timestamptz not null default clock_timestamp(),
    last_heard_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz
);
comment on table ops.api_notices is 'What Meta announces of its API, such as the end of a version; closed once a run hears it no more';

alter table ops.builds add column reason text;
comment on column ops.builds.reason is 'Why it failed, where meta-ads or Dagster ran it';

-- A promise is the longest silence: whoever has been silent for longer is taken for dead.
create or replace function ops.is_alive(beat_at timestamptz, interval_seconds integer) returns boolean
language sql volatile
as $$ select beat_at >= clock_timestamp() - make_interval(secs => interval_seconds) $$;
comment on column ops.heartbeats.interval_seconds is 'The longest silence that it promises';

-- Failures that the next attempt would only meet again.
create function ops.needs_person(error text) returns boolean
language sql immutable
as $$ select error in ('TokenDeadError', 'PermissionDeniedError', 'VersionRetiredError', 'BadRequestError') $$;

-- How each client's asking stands: its latest failure that nothing has made good.
create view ops.client_failures as
select distinct on (f.client_id)
    f.client_id, f.failure_id, f.batch_id, b.run_id, f.since, f.until, f.error, f.reason, f.failed_at,
    exists (
        select 1 from ops.batches as l
        where l.client_id = f.client_id and l.batch_id > f.batch_id
            and l.state in ('kept', 'partly_refused', 'refused')
    ) as is_answered_since
from ops.failed_collections as f
inner join ops.batches as b on f.batch_id = b.batch_id
where f.closed_at is null
order by f.client_id, f.failure_id desc;
comment on view ops.client_failures is 'The latest open failure of each client, and whether the API answered for it since';

-- As before, but a client that only a person can mend is asked for once a day. A call that is wrong may be so
-- for its days alone, so the client's other days are asked for all the same.
create or replace view ops.owed_days as
with held as (
    select client_id, failed_at + interval '24 hours' as until, error <> 'BadRequestError' as is_whole
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
        (date_trunc('month', c.due_day) - make_interval(months => c.deep_months))::date as deep_since
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
        s.last_reason,
        coalesce(s.failed_attempts, 0) as failed_attempts
    from bounded as b
    cross join lateral generate_series(
        greatest(coalesce(b.owed_since, b.until - b.lookback + 1), ops.earliest_day(b.zone))::timestamp,
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
            when
                d.read_for is null
                or d.read_for < least(d.due_day, d.date_day + d.lookback - 1) then 'restatement'
            when d.date_day >= d.deep_since and d.read_for < least(d.deep_day, d.due_day) then 'deep re-read'
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
        when j.failed_attempts = 0 then coalesce(case when h.is_whole then h.until end, '-infinity'::timestamptz)
        when ops.pause_after(j.failed_attempts) is not null
            then greatest(j.last_attempt_at + ops.pause_after(j.failed_attempts), h.until)
    end as asked_again_at
from judged as j
left join held as h on j.client_id = h.client_id
where j.why is not null;

-- Client-months that wait for a build; what a build left out waits for other data instead.
create view ops.unbuilt_months as
select m.client_id, m.month, m.version, m.changed_at
from ops.client_months as m
inner join ops.clients as c on m.client_id = c.client_id and c.is_listed
where m.published_version is distinct from m.version
    and not exists (
        select 1 from ops.build_client_months as b
        where b.client_id = m.client_id and b.month = m.month
            and b.version = m.version and b.left_out is not null
    );
comment on view ops.unbuilt_months is 'Client-months whose collected data no build has published or left out yet';

-- What finally failed, why, what was tried, and the command that replays it.
create view ops.recovery_log as
select
    'collection-' || f.failure_id as entry, 'collection' as kind, f.failed_at as at, b.run_id, f.batch_id,
    f.client_id, f.since, f.until, f.error, f.reason, f.attempts,
    format('meta-ads recover --client %s --since %s --until %s', f.client_id, f.since, f.until) as replay,
    f.closed_at
from ops.failed_collections as f
inner join ops.batches as b on f.batch_id = b.batch_id
union all
select
    'refusal-' || v.batch_id || '-' || v.date_day, 'refusal', min(v.found_at), min(b.run_id), v.batch_id,
    v.client_id, v.date_day, v.date_day, 'refused', string_agg(distinct v.rule, ', ' order by v.rule), '[]'::jsonb,
    format('meta-ads collect --client %s --since %s --until %s', v.client_id, v.date_day, v.date_day),
    case when bool_and(v.closed_at is not null) then max(v.closed_at) end
from quarantine.violations as v
inner join ops.batches as b on v.batch_id = b.batch_id
where v.severity = 'blocking' and v.date_day is not null
group by v.batch_id, v.client_id, v.date_day
union all
select
    'build-' || r.build_id, 'build', r.finished_at, null, null, null, null, null, 'failed',
    coalesce(r.reason, 'dbt''s own log says why'), '[]'::jsonb, 'meta-ads build',
    (select min(l.finished_at) from ops.builds as l
        where l.build_id > r.build_id and l.state in ('published', 'unchanged'))
from ops.builds as r
where r.state = 'failed'
union all
select
    'run-' || r.run_id, 'run', r.failed_at, r.run_id, null, null, null, null, r.error, r.reason, '[]'::jsonb,
    case r.job
        when 'daily_refresh' then 'meta-ads run'
        when 'build_only' then 'meta-ads build'
        when 'collect_only' then 'meta-ads collect'
        when 'recover_failed' then 'meta-ads recover'
        when 'refresh_current_month' then 'meta-ads refresh'
        when 'check_data_health' then 'meta-ads health'
    end,
    r.closed_at
from ops.run_failures as r
union all
select
    'message-' || m.message_id, 'message', coalesce(m.sent_at, m.not_before), null, null, null, null, null, m.state,
    m.destination || ': ' || coalesce(m.last_error, ''), '[]'::jsonb,
    'meta-ads alerts deliver --again ' || m.message_id,
    -- Another destination took it, or had it anyway; a test is made good by the next message that is taken.
    coalesce(
        (select min(i.sent_at) from ops.alert_messages as i where i.instead_of = m.message_id),
        -- Messages about the same alerts are written side by side.
        (
            select min(o.sent_at) from ops.alert_messages as o
            where o.message_id between m.message_id - 100 and m.message_id + 100
                and o.kind = m.kind and o.alert_ids = m.alert_ids and o.alert_ids <> '{}'
        ),
        case when m.kind in ('test', 'heartbeat') then (
            select d.sent_at from ops.alert_destinations as d
            where d.destination = m.destination and d.sent_at > m.created_at
        ) end
    )
from ops.alert_messages as m
where m.state in ('refused', 'expired');
comment on view ops.recovery_log is
    'What finally failed, of whichever kind, with what was tried and the command that replays it; closed_at once made good';

-- The roles of before, with what is new: whoever collects may also evaluate and deliver.
alter function ops.ensure_roles(text) rename to ensure_roles_of_health;
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    skipped text[] := ops.ensure_roles_of_health(prefix);
    transformer text := prefix || 'transformer';
    loader text := prefix || 'loader';
begin
    if not loader = any(skipped) then
        execute format('grant usage on schema audit to %I', loader);
        execute format('grant select on all tables in schema audit, ops to %I', loader);
        execute format(
            'grant insert, update on ops.alerts, ops.alert_messages, ops.alert_destinations, ops.alert_mutes,
            ops.run_failures, ops.api_notices to %I', loader
        );
        execute format('grant insert, delete on ops.alerts_pending to %I', loader);
        perform ops.grant_later(transformer, loader, skipped, array['audit']);
    end if;
    return skipped;
end
$$;
