-- Kept slices and their receipts: a slice whose rows are the same as before keeps its batch and is
-- only confirmed.
with slices as (
    select *
    from unnest(
        %(levels)s::text[], %(days)s::date[], %(states)s::text[],
        %(counts)s::integer[], %(hashes)s::text[], %(mended)s::text[], %(reasons)s::text[]
    ) as n (level, date_day, state, row_count, content_hash, mended_from, reason)
),

receipts as (
    insert into ops.receipts (client_id, level, date_day, state, row_count, batch_id, reason)
    select %(client)s, level, date_day, state, row_count, %(batch)s, reason from slices
)

insert into ops.slice_state as s (
    client_id, level, date_day, state, row_count, content_hash, batch_id, received_at,
    confirmed_at, read_for, last_attempt, last_attempt_at, last_batch_id, mended_from
)
select
    %(client)s, n.level, n.date_day, n.state, n.row_count, n.content_hash, %(batch)s,
    clock_timestamp(), clock_timestamp(), %(read_for)s,
    n.state, clock_timestamp(), %(batch)s, n.mended_from
from slices as n
on conflict (client_id, level, date_day) do update set
    state = excluded.state,
    row_count = excluded.row_count,
    batch_id = case when s.content_hash is not distinct from excluded.content_hash
        then s.batch_id else excluded.batch_id end,
    received_at = case when s.content_hash is not distinct from excluded.content_hash
        then s.received_at else excluded.received_at end,
    content_hash = excluded.content_hash,
    confirmed_at = excluded.confirmed_at,
    read_for = excluded.read_for,
    last_attempt = excluded.last_attempt,
    last_attempt_at = excluded.last_attempt_at,
    last_batch_id = excluded.last_batch_id,
    last_reason = null,
    failed_attempts = 0,
    mended_from = excluded.mended_from
