-- The rows themselves, from the API's answer to the gate's verdict.
create table landing.insights (
    batch_id bigint not null references ops.batches,
    client_id text not null,
    level text not null,
    row_number integer not null,
    payload jsonb not null,
    primary key (batch_id, level, row_number)
);

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
comment on table staging.insights is 'Validated delivery, one row per client, level, day and object';

-- The arrays as they came, one row per object and day that has any; models unfold them by action
-- type and attribution window.
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
comment on table staging.conversions is 'Validated actions and action values, one row per client, level, day and object';

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
comment on table staging.control_totals is 'The account-level answer that the rows below it must add up to';

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
comment on table quarantine.violations is 'Why the gate refused a client-day, and what it warned of';
comment on column quarantine.violations.date_day is 'Null where a row names no day that was asked for';

create table quarantine.insights (
    batch_id bigint not null references ops.batches,
    client_id text not null,
    level text not null,
    row_number integer not null,
    date_day date,
    payload jsonb not null,
    primary key (batch_id, level, row_number)
);
comment on table quarantine.insights is 'The refused rows as they were received';
