-- What every process of the program shares: settings, locks, signs of life.

-- Settings that SQL needs, too: meta-ads writes them, so that Python, dbt and views use one value.
create table ops.settings (
    name text primary key,
    value text not null
);

-- Rows instead of advisory locks: those may be taken by whoever may log in.
create table ops.locks (name text primary key);
insert into ops.locks (name) values ('build'), ('node'), ('publication'), ('evaluation');

-- A table of its own for the lock that is held through a whole build: a row that is locked for so
-- long would keep vacuum from every table.
-- Its comment stands here: to change it would wait for a whole build, whose lock this is.
create table ops.build_turn (nothing boolean);
comment on table ops.build_turn is 'Always empty: whose turn it is to build holds its lock';

create table ops.heartbeats (
    name text primary key,
    beat_at timestamptz not null default clock_timestamp(),
    interval_seconds integer not null,
    detail text
);
