-- What the health checks, the KPI cache and the alerts keep, and the state of each client-day as people see it.
create schema serving;
comment on schema serving is 'The running month so far, for the KPI API; no receipts, never in the marts';

create table serving.current_month_cache (
    client_id text primary key references ops.clients,
    month date not null check (extract(day from month) = 1),
    currency text not null,
    until date not null,
    fresh_since date not null,
    publication_id bigint,
    missing_days date[] not null default '{}',
    spend numeric not null,
    impressions bigint not null,
    clicks bigint not null,
    link_clicks bigint not null,
    conversions numeric,
    conversion_value numeric,
    purchases numeric,
    purchase_value numeric,
    leads numeric,
    conversions_null_reason text,
    refreshed_at timestamptz not null
);
comment on table serving.current_month_cache is
    'One row per client: the published days of its running month and, collected just then, those after them';
comment on column serving.current_month_cache.until is 'The account''s running day when the figures came';
comment on column serving.current_month_cache.fresh_since is 'The first day that was asked for; those before are published';
comment on column serving.current_month_cache.missing_days is 'Days of the month that the figures do not hold';

-- A read that finds nothing fresh asks for a refresh here; whoever refreshes writes how it ended.
create table serving.cache_refreshes (
    client_id text primary key references ops.clients,
    requested_at timestamptz,
    attempted_at timestamptz,
    error text
);
comment on table serving.cache_refreshes is 'When a refresh of a client was asked for, last tried, and why it failed';

create table serving.cache_reads (
    minute timestamptz primary key,
    hits bigint not null default 0,
    misses bigint not null default 0,
    stale bigint not null default 0
);
comment on table serving.cache_reads is
    'Reads of the running month by minute: served fresh, refreshed first, or served stale';

-- Signs of life of what works by itself.
create table ops.heartbeats (
    name text primary key,
    beat_at timestamptz not null default clock_timestamp(),
    interval_seconds integer not null,
    detail text
);
comment on table ops.heartbeats is 'When each thing that works by itself last did, and how often it should';

-- What missed two of its intervals is taken for dead.
create function ops.is_alive(beat_at timestamptz, interval_seconds integer) returns boolean
language sql volatile
as $$ select beat_at >= clock_timestamp() - 2 * make_interval(secs => interval_seconds) $$;

create table ops.alerts (
    alert_id bigint generated always as identity primary key,
    fingerprint text not null,
    rule text not null,
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    client_id text references ops.clients,
    subject text not null,
    detail text not null default '',
    state text not null default 'open' check (state in ('open', 'acknowledged', 'resolved')),
    times_seen bigint not null default 1,
    opened_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz
);
create unique index alerts_one_living on ops.alerts (fingerprint) where state <> 'resolved';
comment on table ops.alerts is 'What a person should know: open, acknowledged, resolved by the facts';

-- What the API said of its limits, for each client's account.
create table ops.api_usage (
    client_id text primary key references ops.clients,
    calls_total bigint not null default 0,
    throttled_total bigint not null default 0,
    account_percent numeric not null default 0,
    app_percent numeric not null default 0,
    heard_at timestamptz not null default clock_timestamp()
);
comment on table ops.api_usage is 'Calls and refusals for too many calls, and the highest share of a limit in the last run';

alter table ops.client_months add column changed_at timestamptz not null default clock_timestamp();
comment on column ops.client_months.changed_at is 'Since when the data differ from what is published, if they do';
create function ops.note_change() returns trigger
language plpgsql
as $$
begin
    if old.published_version is not distinct from old.version then
        new.changed_at := clock_timestamp();
    end if;
    return new;
end
$$;
create trigger client_months_changed before update of version on ops.client_months
for each row when (old.version is distinct from new.version) execute function ops.note_change();

create index violations_open on quarantine.violations (rule, client_id, date_day) where closed_at is null;
create index build_client_months_history on ops.build_client_months (client_id, month, build_id);

-- Days that are due, of the latest so many days of each account; null: all of them.
create function ops.due_days_of_last(days integer) returns table (client_id text, date_day date)
language sql stable
as $$
    select
        c.client_id,
        d.date_day::date
    from ops.clients as c
    cross join lateral (select ops.latest_due_day(c.timezone_name) as due_day offset 0) as z
    cross join lateral generate_series(
        greatest(c.owed_since, z.due_day - days + 1)::timestamp,
        least(z.due_day, c.ends_on)::timestamp,
        interval '1 day'
    ) as d (date_day)
    where
        c.is_listed
        and c.timezone_name is not null
        and c.owed_since is not null
        and ops.may_owe(c)
        and not exists (
            select 1 from ops.client_pauses as p
            where p.client_id = c.client_id and d.date_day::date between p.since and p.until
        )
$$;
create or replace view ops.due_days as
select client_id, date_day from ops.due_days_of_last(null);

-- A day is late when its due hour and the grace are over.
create function ops.late_at(date_day date, zone text) returns timestamptz
language sql stable
as $$
    select
        ((date_day + 1)::timestamp + make_interval(hours => coalesce(ops.setting_int('due_hour'), 4)))
        at time zone zone
        + make_interval(mins => coalesce(ops.setting_int('due_grace_minutes'), 60))
$$;

-- Rules of the gate that mean: campaigns without their conversions.
create function ops.split_rules() returns text[]
language sql immutable
as $$ select array['not_split', 'zero_is_plausible'] $$;

-- The findings of some audits, of all clients or of one; none before anything was built.
create function ops.findings(checks text[], only_client text default null)
returns table (client_id text, month date, date_day date, check_name text, severity text, detail text)
language plpgsql stable
as $$
begin
    if to_regclass('audit.audit_findings') is not null then
        return query select
            f.client_id::text, f.month::date, f.date_day::date, f."check"::text, f.severity::text, f.detail::text
        from audit.audit_findings as f
        where f."check" = any(checks) and (only_client is null or f.client_id = only_client);
    end if;
end
$$;

-- Each due client-day of the latest so many, by what stands and how the last attempt ended:
-- good, zero, thin, split, refused, failed, missing, waived, or expected while it is not late yet.
create function ops.day_states(days integer, only_client text default null)
returns table (
    client_id text, date_day date, state text, stands text, is_late boolean, last_attempt text, reason text,
    row_count integer, received_at timestamptz, confirmed_at timestamptz, attempted_at timestamptz,
    failed_attempts integer, batch_id bigint, last_batch_id bigint
)
language sql stable
as $$
    with zones as materialized (
        select z.timezone_name, z.due_day, ops.late_at(z.due_day, z.timezone_name) <= ops.business_now() as is_late
        from (
            select k.timezone_name, ops.latest_due_day(k.timezone_name) as due_day
            from ops.clients as k where k.timezone_name is not null group by k.timezone_name
        ) as z
    ),

    due as (
        select d.client_id, d.date_day, d.date_day < z.due_day or z.is_late as is_late
        from ops.due_days_of_last(days) as d
        inner join ops.clients as c on d.client_id = c.client_id
        inner join zones as z on c.timezone_name = z.timezone_name
        where only_client is null or d.client_id = only_client
    ),

    splits as (
        select v.client_id, v.date_day from quarantine.violations as v
        where v.closed_at is null and v.severity = 'blocking' and v.rule = any(ops.split_rules())
        union
        select f.client_id, f.date_day from ops.findings(array['split'], only_client) as f
        where f.date_day is not null
    ),

    thin as (
        select distinct v.client_id, v.date_day from quarantine.violations as v
        where v.closed_at is null and v.rule = 'thin_day'
    )

    select
        d.client_id, d.date_day,
        case
            when splits.client_id is not null then 'split'
            when s.state = 'waived' then 'waived'
            when coalesce(s.state, 'none') = 'none' then case
                when s.last_attempt in ('refused', 'failed') then s.last_attempt
                when d.is_late then 'missing'
                else 'expected'
            end
            when s.state = 'empty' then 'zero'
            when thin.client_id is not null then 'thin'
            else 'good'
        end,
        coalesce(s.state, 'none'),
        d.is_late, s.last_attempt, s.last_reason, s.row_count, s.received_at, s.confirmed_at, s.last_attempt_at,
        coalesce(s.failed_attempts, 0), s.batch_id, s.last_batch_id
    from due as d
    -- Looked up day by day: the planner expects a thousand days of every client and reads the whole table.
    left join lateral (
        select k.* from ops.slice_state as k
        where k.client_id = d.client_id and k.level = 'campaign' and k.date_day = d.date_day
        limit 1
    ) as s on true
    left join splits on d.client_id = splits.client_id and d.date_day = splits.date_day
    left join thin on d.client_id = thin.client_id and d.date_day = thin.date_day
$$;

-- The roles of before, with what is new.
alter function ops.ensure_roles(text) rename to ensure_first_roles;
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    skipped text[] := ops.ensure_first_roles(prefix);
    transformer text := prefix || 'transformer';
    loader text := prefix || 'loader';
    monitor text := prefix || 'monitor';
begin
    if not monitor = any(skipped) then
        -- What the server of the health API does beside reading.
        execute format('grant usage on schema serving, published, history to %I', monitor);
        execute format('grant select on all tables in schema serving, published, history to %I', monitor);
        execute format('grant insert, update on serving.cache_refreshes, serving.cache_reads to %I', monitor);
        execute format('grant update (state, acknowledged_at, acknowledged_by) on ops.alerts to %I', monitor);
        perform ops.grant_later(transformer, monitor, skipped, array['published', 'history']);
    end if;
    if not loader = any(skipped) then
        -- What the running month begins with.
        execute format('grant usage on schema serving, marts to %I', loader);
        execute format('grant select on all tables in schema marts, serving to %I', loader);
        execute format(
            'grant select, insert, update, delete on serving.current_month_cache, serving.cache_refreshes,
            ops.api_usage, ops.heartbeats to %I', loader
        );
        perform ops.grant_later(transformer, loader, skipped, array['marts']);
    end if;
    return skipped;
end
$$;

-- The last day that the published rows of a client-month hold; loaders may not read those themselves.
create function ops.received_until(client text, month_begin date) returns date
language plpgsql stable security definer
set search_path = ops, pg_temp
as $$
begin
    return (
        select max(d.day) from published.client_months as m
        cross join unnest(m.received_days) as d (day)
        where m.client_id = client and m.month = month_begin
    );
end
$$;

-- Instants as the answers write them.
create function ops.instant(at timestamptz) returns text
language sql stable
as $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

-- Clients whose running month is kept fresh: they advertise today.
create view serving.cached_clients as
select
    c.client_id,
    ops.local_day(c.timezone_name) as today,
    date_trunc('month', ops.local_day(c.timezone_name))::date as month
from ops.clients as c
where
    c.is_listed
    and c.status = 'active'
    and c.timezone_name is not null
    and ops.local_day(c.timezone_name) between coalesce(c.starts_on, '-infinity') and coalesce(c.ends_on, 'infinity')
    and not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = c.client_id and ops.local_day(c.timezone_name) between p.since and p.until
    );
