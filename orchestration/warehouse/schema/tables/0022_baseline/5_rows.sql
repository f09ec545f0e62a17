-- The rows themselves, from the API's answer to what the gate made of it.

-- As the API sent them.
create table landing.insights (
    batch_id bigint not null references ops.batches,
    client_id text not null,
    level text not null,
    row_number integer not null,
    payload jsonb not null,
    actions jsonb,
    action_values jsonb,
    primary key (batch_id, level, row_number)
);

create table landing.witness_rows (
    batch_id bigint not null references ops.batches,
    client_id text not null,
    level text not null,
    row_number integer not null,
    payload jsonb not null,
    primary key (batch_id, level, row_number)
);

-- What passed the gate. A client-day is replaced as a whole.
create table staging.insights (
    client_id text not null,
    account_id text not null,
    level text not null check (level in ('campaign', 'adset', 'ad')),
    date_day date not null,
    entity_id text not null,
    campaign_id text not null,
    campaign_name text,
    ad_set_id text,
    ad_set_name text,
    ad_id text,
    ad_name text,
    currency text not null,
    spend numeric not null,
    impressions bigint not null,
    reach bigint,
    clicks bigint not null,
    link_clicks bigint not null,
    batch_id bigint not null references ops.batches,
    primary key (client_id, level, date_day, entity_id)
);

-- The arrays stay as they came, one row per object and day that has any; models unfold them by
-- action type and attribution window.
create table staging.conversions (
    client_id text not null,
    account_id text not null,
    level text not null check (level in ('account', 'campaign', 'adset', 'ad')),
    date_day date not null,
    entity_id text not null,
    actions jsonb not null,
    action_values jsonb not null,
    batch_id bigint not null references ops.batches,
    primary key (client_id, level, date_day, entity_id)
);

create table staging.control_totals (
    client_id text not null,
    account_id text not null,
    date_day date not null,
    currency text not null,
    spend numeric not null,
    impressions bigint not null,
    reach bigint,
    clicks bigint not null,
    link_clicks bigint not null,
    batch_id bigint not null references ops.batches,
    primary key (client_id, date_day)
);

-- The models join days to months by this expression: without statistics of it, the planner does not
-- know how many months there are.
create statistics staging.insights_month
on (date_trunc('month', date_day::timestamp)::date), client_id from staging.insights;
create statistics staging.conversions_month
on (date_trunc('month', date_day::timestamp)::date), client_id from staging.conversions;
create statistics staging.control_totals_month
on (date_trunc('month', date_day::timestamp)::date), client_id from staging.control_totals;
create statistics ops.slice_state_month
on (date_trunc('month', date_day::timestamp)::date), client_id from ops.slice_state;

-- What the gate refused, and what a person decided about it.
create table quarantine.violations (
    violation_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batches,
    client_id text not null,
    date_day date,
    rule text not null,
    severity text not null check (severity in ('blocking', 'warning')),
    detail text not null,
    found_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz
);
create index on quarantine.violations (client_id, date_day);
create index violations_open on quarantine.violations (rule, client_id, date_day)
where closed_at is null;

create table quarantine.insights (
    batch_id bigint not null references ops.batches,
    client_id text not null,
    level text not null,
    row_number integer not null,
    date_day date,
    payload jsonb not null,
    primary key (batch_id, level, row_number)
);

create table quarantine.readings (
    reading_id bigint generated always as identity primary key,
    client_id text not null references ops.clients,
    date_day date not null,
    batch_id bigint not null references ops.batches,
    figures jsonb not null,
    read_at timestamptz not null default clock_timestamp()
);
create index on quarantine.readings (client_id, date_day);

create table quarantine.decisions (
    decision_id bigint generated always as identity primary key,
    client_id text not null references ops.clients,
    date_day date not null,
    batch_id bigint not null references ops.batches,
    decision text not null check (decision in ('released', 'discarded')),
    rules text[] not null,
    reason text not null,
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp()
);
create index on quarantine.decisions (client_id, date_day);
