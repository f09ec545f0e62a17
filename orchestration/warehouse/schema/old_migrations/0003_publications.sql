-- Builds and publications. One build runs at a time: the newest one is the fence that every node checks.
create table ops.builds (
    build_id bigint generated always as identity primary key,
    owner text not null,
    is_full boolean not null,
    as_of timestamptz not null,
    started_at timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    state text not null default 'running'
    check (state in ('running', 'published', 'unchanged', 'failed', 'superseded')),
    rules_hash text
);
create unique index builds_one_running on ops.builds ((state)) where state = 'running';

create table ops.build_client_months (
    build_id bigint not null references ops.builds,
    client_id text not null,
    month date not null,
    version bigint not null,
    left_out text,
    primary key (build_id, client_id, month)
);
comment on column ops.build_client_months.left_out is 'Why the publication left this client-month out; null where it did not';

create table ops.build_nodes (
    build_id bigint not null references ops.builds,
    node text not null,
    refreshed_at timestamptz not null default clock_timestamp(),
    primary key (build_id, node)
);

create table ops.publications (
    publication_id bigint generated always as identity primary key,
    build_id bigint references ops.builds,
    published_at timestamptz not null default clock_timestamp(),
    client_months integer not null,
    rows_inserted bigint not null,
    rows_ended bigint not null
);

create table ops.publication_manifest (
    publication_id bigint not null references ops.publications deferrable initially deferred,
    mart text not null,
    client_id text not null,
    month date not null,
    row_count bigint not null,
    sums jsonb not null,
    content_hash text not null,
    primary key (publication_id, mart, client_id, month)
);
comment on table ops.publication_manifest is 'What each changed client-month held after the publication, per mart';
