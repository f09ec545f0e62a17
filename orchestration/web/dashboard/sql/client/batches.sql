-- The latest batches of a client.
select batch_id, since, until, run_id, state, api_calls, row_count, asked_at, finished_at
from ops.batches where client_id = %s order by batch_id desc limit 50
