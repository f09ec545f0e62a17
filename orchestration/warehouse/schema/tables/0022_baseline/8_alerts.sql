-- What a person should know, the messages about it, and how these reached people.
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
    resolved_at timestamptz,
    facts jsonb not null default '{}',
    since timestamptz,
    times_opened integer not null default 1,
    notified_at timestamptz,
    raised_at timestamptz,
    resolved_by text,
    resolved_reason text
);
create unique index alerts_one_living on ops.alerts (fingerprint) where state <> 'resolved';
create index alerts_latest on ops.alerts (fingerprint, alert_id desc);
create index alerts_resolved on ops.alerts (resolved_at desc nulls last, alert_id desc)
where state = 'resolved';

create table ops.alerts_pending (
    fingerprint text primary key,
    first_seen_at timestamptz not null default clock_timestamp()
);

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

-- Written in the transaction that changes the alert, and sent later.
create table ops.alert_messages (
    message_id bigint generated always as identity primary key,
    message_key uuid not null unique default gen_random_uuid(),
    destination text not null,
    kind text not null
    check (
        kind in
        ('opened', 'reopened', 'raised', 'reminder', 'resolved', 'digest', 'heartbeat', 'test')
    ),
    rule text,
    severity text,
    alert_ids bigint[] not null default '{}',
    content jsonb not null,
    state text not null default 'waiting'
    check (state in ('waiting', 'sent', 'refused', 'expired')),
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
create index alert_messages_waiting on ops.alert_messages (destination, message_id)
where state = 'waiting';
create index alert_messages_sent on ops.alert_messages (destination, state);
create index alert_messages_given_up on ops.alert_messages (message_id)
where state in ('refused', 'expired');
create index alert_messages_instead on ops.alert_messages (instead_of)
where instead_of is not null;

create table ops.alert_destinations (
    destination text primary key,
    is_on boolean not null,
    note text,
    sent_at timestamptz,
    failing_since timestamptz,
    last_error text,
    heartbeat_at timestamptz
);

-- Runs whose failure Dagster saw; alerts and the recovery log read it.
create table ops.run_failures (
    run_id text primary key,
    job text not null,
    step text,
    error text not null,
    reason text not null,
    failed_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz
);
