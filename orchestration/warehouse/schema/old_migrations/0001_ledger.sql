-- The ledger: who the clients are, what was asked and received, what stands, what is to be rebuilt.
create schema if not exists ops;
create schema landing;
create schema staging;
create schema quarantine;
create schema intermediate;
create schema candidate;
create schema audit;
create schema published;
create schema history;
create schema marts;

comment on schema ops is 'The ledger: clients, receipts, batches, builds, publications';
comment on schema landing is 'Rows as the API answered them, a batch each';
comment on schema staging is 'Rows that passed the gate; one client-day is replaced as a whole';
comment on schema quarantine is 'Rows that the gate refused, with the reasons';
comment on schema candidate is 'Built, not yet published';
comment on schema published is 'What the marts show; changed by publications only';
comment on schema history is 'Rows that a later publication ended';
comment on schema marts is 'What analysts read: stable views';

-- Settings that SQL needs too, written by meta-ads so that Python, dbt and the views use one value.
create table ops.settings (
    name text primary key,
    value text not null
);

create function ops.setting_int(setting text) returns integer
language sql stable
as $$ select value::integer from ops.settings where name = setting $$;

-- Business time: META_ADS_NOW reaches the session as meta_ads.now; otherwise the clock.
create function ops.business_now() returns timestamptz
language sql stable
as $$ select coalesce(nullif(current_setting('meta_ads.now', true), '')::timestamptz, now()) $$;

create function ops.latest_due_day(zone text) returns date
language sql stable
as $$
    select (
        (ops.business_now() at time zone zone)
        - make_interval(hours => coalesce(ops.setting_int('due_hour'), 4))
    )::date - 1
$$;

create table ops.clients (
    client_id text primary key,
    name text not null,
    ad_account_id text not null,
    status text not null check (status in ('active', 'paused', 'ended')),
    expects_conversions boolean not null,
    levels text[] not null,
    starts_on date,
    ends_on date,
    client_group text,
    owner text,
    is_listed boolean not null default true,
    owed_since date,
    account_name text,
    timezone_name text,
    currency text,
    account_facts_at timestamptz
);
comment on column ops.clients.is_listed is 'False once the client is gone from the clients file; its data stay';
comment on column ops.clients.owed_since is
    'The first day that is owed: starts_on, else the month that the first lookback reached into';

create table ops.client_pauses (
    client_id text not null references ops.clients,
    since date not null,
    until date not null,
    reason text not null,
    primary key (client_id, since),
    check (until >= since)
);

create table ops.batches (
    batch_id bigint generated always as identity primary key,
    client_id text not null references ops.clients,
    since date not null,
    until date not null,
    run_id text,
    state text not null default 'asked'
    check (state in ('asked', 'kept', 'partly_refused', 'refused', 'failed')),
    api_version text not null,
    api_calls integer,
    row_count integer,
    asked_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);
create index on ops.batches (client_id, batch_id);

create table ops.receipts (
    receipt_id bigint generated always as identity primary key,
    client_id text not null,
    level text not null,
    date_day date not null,
    state text not null
    check (state in ('asked', 'received', 'empty', 'refused', 'failed', 'waived')),
    row_count integer,
    batch_id bigint references ops.batches,
    received_at timestamptz not null default clock_timestamp(),
    reason text
);
create index on ops.receipts (client_id, level, date_day, receipt_id);
comment on table ops.receipts is 'Append-only: asked, then received, empty, refused, failed or waived';

create table ops.slice_state (
    client_id text not null,
    level text not null,
    date_day date not null,
    state text not null check (state in ('received', 'empty', 'waived', 'none')),
    row_count integer not null default 0,
    content_hash text,
    batch_id bigint references ops.batches,
    received_at timestamptz,
    confirmed_at timestamptz,
    read_for date,
    last_attempt text not null check (last_attempt in ('received', 'empty', 'refused', 'failed', 'waived')),
    last_attempt_at timestamptz not null,
    last_batch_id bigint references ops.batches,
    last_reason text,
    failed_attempts integer not null default 0,
    primary key (client_id, level, date_day)
);
comment on table ops.slice_state is 'What stands now for a client, level and day, and how the last attempt ended';
comment on column ops.slice_state.received_at is 'When the rows that stand were first received';
comment on column ops.slice_state.confirmed_at is 'When an answer last said that these rows still hold';

create table ops.failed_collections (
    failure_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batches,
    client_id text not null,
    since date not null,
    until date not null,
    error text not null,
    reason text not null,
    attempts jsonb not null default '[]',
    failed_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    closed_by_batch_id bigint references ops.batches
);
create index on ops.failed_collections (client_id) where closed_at is null;

comment on column ops.slice_state.read_for is
    'The latest due day when these rows were last read; owed again until the lookback has passed';

-- The unit of publication. A client-month is to be rebuilt while its version is not the published one.
create sequence ops.version_seq;
create table ops.client_months (
    client_id text not null references ops.clients,
    month date not null check (extract(day from month) = 1),
    version bigint not null,
    published_version bigint,
    primary key (client_id, month)
);
create index on ops.client_months (client_id, month)
where published_version is distinct from version;

-- Days that are due, from the first owed one, without known pauses.
create view ops.due_days as
select
    c.client_id,
    d.date_day::date as date_day
from ops.clients as c
cross join lateral generate_series(
    c.owed_since::timestamp,
    least(ops.latest_due_day(c.timezone_name), c.ends_on)::timestamp,
    interval '1 day'
) as d (date_day)
where
    c.is_listed
    and c.status <> 'paused'
    and c.timezone_name is not null
    and not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = c.client_id and d.date_day::date between p.since and p.until
    );

create view ops.missing_days as
select
    d.client_id,
    d.date_day,
    coalesce(s.last_attempt, 'never asked') as reason,
    s.last_reason as detail
from ops.due_days as d
left join ops.slice_state as s
    on d.client_id = s.client_id and s.level = 'campaign' and d.date_day = s.date_day
where coalesce(s.state, 'none') = 'none';
comment on view ops.missing_days is 'Gaps: days that are due and without a good receipt';

create view ops.suspected_gaps as
select
    s.client_id,
    s.date_day
from ops.slice_state as s
where
    s.level = 'campaign'
    and s.state = 'empty'
    and exists (
        select 1 from ops.slice_state as earlier
        where earlier.client_id = s.client_id and earlier.level = 'campaign'
            and earlier.state = 'received' and earlier.date_day < s.date_day
    )
    and exists (
        select 1 from ops.slice_state as later
        where later.client_id = s.client_id and later.level = 'campaign'
            and later.state = 'received' and later.date_day > s.date_day
    );
comment on view ops.suspected_gaps is 'Days answered as empty between days of delivery: true zeros, or a hole at the source';
