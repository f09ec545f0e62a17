-- Plain, without common table expressions: Postgres does not merge a view that has any into
-- the query that joins it, and would read all of it for the sake of one month.
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
