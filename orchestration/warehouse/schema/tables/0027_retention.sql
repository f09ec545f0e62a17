-- Old receipts are put together, one row for a client, level and day; their order and all that they
-- say stays. In these arrays a receipt takes some 22 bytes; as a row, with
-- its indexes, 176.
create table ops.folded_receipts (
    client_id text not null,
    level text not null,
    date_day date not null,
    receipt_ids bigint[] not null,
    states text[] not null,
    row_counts integer[] not null,
    batch_ids bigint[] not null,
    received_at timestamptz[] not null,
    reasons text[] not null,
    primary key (client_id, level, date_day)
) with (toast_tuple_target = 128);
-- Compressed and not moved elsewhere.
alter table ops.folded_receipts
alter column receipt_ids set storage main,
alter column states set storage main,
alter column row_counts set storage main,
alter column batch_ids set storage main,
alter column received_at set storage main;

-- How far each rule of retention has come.
create table ops.retention (
    rule text primary key,
    position bigint not null default 0,
    cycle_began_at timestamptz not null default clock_timestamp(),
    ran_at timestamptz,
    rows_deleted bigint not null default 0
);

-- Tables of which old rows go, or whose rows change with each reading. By the server's defaults a
-- fifth of a table is dead before it is vacuumed: in years, gigabytes.
alter table landing.insights set (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05
);
alter table landing.witness_rows set (autovacuum_vacuum_scale_factor = 0.02);
alter table ops.receipts set (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05
);
-- Each reading updates the row of its day, within its page where that has room.
alter table ops.slice_state set (
    fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05
);
alter table ops.client_months set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
alter table ops.build_client_months set (autovacuum_vacuum_scale_factor = 0.05);
alter table ops.collection_leases set (
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000
);
alter table ops.heartbeats set (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 200
);
alter table staging.insights set (autovacuum_vacuum_scale_factor = 0.05);
alter table staging.conversions set (autovacuum_vacuum_scale_factor = 0.05);
alter table staging.control_totals set (autovacuum_vacuum_scale_factor = 0.05);
