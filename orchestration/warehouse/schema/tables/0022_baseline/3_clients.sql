-- Who the clients are, as the clients file and Meta say.
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
    account_facts_at timestamptz,
    account_status integer,
    conversion_families text[],
    token_env text,
    alert_route text,
    account_since date,
    account_changed_at timestamptz,
    account_refused text,
    custom_conversions jsonb not null default '{}'
);

create table ops.client_pauses (
    client_id text not null references ops.clients,
    since date not null,
    until date not null,
    reason text not null,
    primary key (client_id, since),
    check (until >= since)
);

-- The unit of publication. A client-month is built again while `version` is not the published one.
create sequence ops.version_seq;
create table ops.client_months (
    client_id text not null references ops.clients,
    month date not null check (extract(day from month) = 1),
    version bigint not null,
    published_version bigint,
    was_final boolean not null default false,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (client_id, month)
);
create index on ops.client_months (client_id, month)
where published_version is distinct from version;
