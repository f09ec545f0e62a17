-- Without common table expressions, because Postgres merges only such a view into the query that
-- joins it; otherwise it would read the whole table for one month.
select
    client_id,
    level,

    date_day,

    state,
    row_count,
    read_for,
    received_at,
    last_attempt,
    last_reason,

    batch_id
from {{ source('ops', 'slice_state') }}
