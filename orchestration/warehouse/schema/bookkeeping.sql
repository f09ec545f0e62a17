-- What ran in this warehouse. It is made before everything else, so it is no migration itself.
create table if not exists ops.migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default clock_timestamp()
);

create table if not exists ops.routines (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default clock_timestamp()
);
