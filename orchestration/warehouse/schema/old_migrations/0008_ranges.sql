-- Ranges of days that somebody asked for: one that was interrupted is gone on with, not begun anew.
create table ops.range_collections (
    range_id bigint generated always as identity primary key,
    since date not null,
    until date,
    client_ids text[] not null,
    begun_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);
comment on table ops.range_collections is 'Collections of a named range of days, and whether they came to their end';
comment on column ops.range_collections.client_ids is 'Those that were named; empty for all';
