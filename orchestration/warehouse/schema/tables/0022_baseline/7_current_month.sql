-- The running month so far, for the KPI API. It writes no receipts and never reaches the marts.
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

-- Who reads and gets nothing fresh asks here; who refreshes writes here how it ended.
create table serving.cache_refreshes (
    client_id text primary key references ops.clients,
    requested_at timestamptz,
    attempted_at timestamptz,
    error text
);

create table serving.cache_reads (
    minute timestamptz primary key,
    hits bigint not null default 0,
    misses bigint not null default 0,
    stale bigint not null default 0
);
