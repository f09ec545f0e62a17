-- The receipts of all times: those of ops.receipts, and the older ones of ops.folded_receipts.
create or replace view ops.all_receipts as
select
    r.receipt_id, r.client_id, r.level, r.date_day, r.state, r.row_count, r.batch_id,
    r.received_at, r.reason
from ops.receipts as r
union all
select
    e.receipt_id, f.client_id, f.level, f.date_day, e.state, e.row_count, e.batch_id,
    e.received_at, e.reason
from ops.folded_receipts as f
cross join lateral unnest(
    f.receipt_ids, f.states, f.row_counts, f.batch_ids, f.received_at, f.reasons
) as e (receipt_id, state, row_count, batch_id, received_at, reason);
