-- Builds, and what they published. One build runs at a time; every node of it asks whether it is
-- still the one.
create table ops.builds (
    build_id bigint generated always as identity primary key,
    owner text not null,
    is_full boolean not null,
    as_of timestamptz not null,
    started_at timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    state text not null default 'running'
    check (state in ('running', 'published', 'unchanged', 'failed', 'superseded', 'rolled_back')),
    rules_hash text,
    invocation_id text not null unique,
    after_publication_id bigint,
    reason text
);
create unique index builds_one_running on ops.builds ((state)) where state = 'running';

create table ops.build_client_months (
    build_id bigint not null references ops.builds,
    client_id text not null,
    month date not null,
    version bigint not null,
    left_out text,
    was_final boolean not null default false,
    primary key (build_id, client_id, month)
);
create index build_client_months_history
on ops.build_client_months (client_id, month, build_id);

-- Unlogged like the candidates whose nodes it names: a crash of the server empties both, so that
-- nothing that lost its rows is ever published.
create unlogged table ops.build_nodes (
    build_id bigint not null references ops.builds,
    node text not null,
    refreshed_at timestamptz not null default clock_timestamp(),
    primary key (build_id, node)
);

create table ops.definitions (
    relation text primary key,
    definition text not null
);

create table ops.publications (
    publication_id bigint generated always as identity primary key,
    build_id bigint references ops.builds,
    published_at timestamptz not null default clock_timestamp(),
    client_months integer not null,
    rows_inserted bigint not null,
    rows_ended bigint not null,
    kind text not null default 'build' check (kind in ('build', 'rollback')),
    restores bigint references ops.publications,
    reason text,
    published_by text not null default session_user,
    pruned_at timestamptz
);

-- A mart that gains a column gets a new shape; hashes of before keep theirs and stay comparable.
create table ops.mart_shapes (
    shape_id integer generated always as identity primary key,
    mart text not null,
    columns text not null,
    grain text not null,
    unique (mart, columns)
);

create table ops.published_rows (
    mart text not null,
    client_id text not null,
    month date not null,
    shape_id integer not null references ops.mart_shapes,
    keys text[] not null,
    hashes bigint[] not null,
    primary key (mart, client_id, month)
);

-- The publication itself is written last, when its counts are known: hence deferred.
create table ops.publication_manifest (
    publication_id bigint not null references ops.publications deferrable initially deferred,
    mart text not null,
    client_id text not null,
    month date not null,
    row_count bigint not null,
    sums jsonb not null,
    content_hash text,
    shape_id integer references ops.mart_shapes,
    primary key (publication_id, mart, client_id, month)
);

create table ops.reopenings (
    publication_id bigint not null references ops.publications deferrable initially deferred,
    client_id text not null,
    month date not null,
    changes text not null,
    reopened_at timestamptz not null default clock_timestamp(),
    primary key (publication_id, client_id, month)
);
