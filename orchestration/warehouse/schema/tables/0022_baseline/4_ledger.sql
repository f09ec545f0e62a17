-- The ledger of collection: what was asked, received and refused, and what is stored for each day.

-- One question to the API about a client and a range of days.
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
    finished_at timestamptz,
    rows_duplicated integer not null default 0,
    read_for date
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
    last_attempt text not null
    check (last_attempt in ('received', 'empty', 'refused', 'failed', 'waived')),
    last_attempt_at timestamptz not null,
    last_batch_id bigint references ops.batches,
    last_reason text,
    failed_attempts integer not null default 0,
    mended_from text check (mended_from in ('adset', 'ad')),
    primary key (client_id, level, date_day)
);
create index slice_state_mended on ops.slice_state (client_id, date_day)
where mended_from is not null;

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

-- Claims on client-days are rows with an end, so that no lock is held while Meta is asked.
create table ops.collection_leases (
    client_id text not null,
    date_day date not null,
    holder text not null,
    owner text not null,
    expires_at timestamptz not null,
    primary key (client_id, date_day)
);

-- A collection of a range that was interrupted goes on where it was, so its range is kept.
create table ops.range_collections (
    range_id bigint generated always as identity primary key,
    since date not null,
    until date,
    client_ids text[] not null,
    begun_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);

create table ops.restatements (
    restatement_id bigint generated always as identity primary key,
    client_id text not null,
    date_day date not null,
    metric text not null,
    before numeric,
    after numeric,
    age_days integer not null,
    batch_id bigint not null references ops.batches,
    noted_at timestamptz not null default clock_timestamp()
);
create index on ops.restatements (client_id, date_day);
-- For one question: was this client ever known to have a conversion that counts?
create index restatements_converted on ops.restatements (client_id)
where metric like 'conversions:%' and after > 0;

create table ops.known_oddities (
    client_id text not null,
    rule text not null,
    subject text not null,
    first_day date not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (client_id, rule, subject)
);

-- What the API says of itself: its limits, refused tokens, announcements.
create table ops.api_usage (
    client_id text primary key references ops.clients,
    calls_total bigint not null default 0,
    throttled_total bigint not null default 0,
    account_percent numeric not null default 0,
    app_percent numeric not null default 0,
    heard_at timestamptz not null default clock_timestamp()
);

create table ops.token_checks (
    token text primary key,
    checked_at timestamptz not null,
    answered_at timestamptz
);

create table ops.api_notices (
    notice text primary key,
    first_heard_at timestamptz not null default clock_timestamp(),
    last_heard_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz
);
