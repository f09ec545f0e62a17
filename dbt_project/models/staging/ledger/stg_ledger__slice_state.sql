-- Without common table expressions, because Postgres merges only such a view into the query that
-- joins it; otherwise it would read the whole table for one month.
select
    s.client_id,
    s.level,

    s.date_day,

    s.state,
    s.row_count,
    s.read_for,
    s.received_at,
    s.last_attempt,
    s.last_reason,
    coalesce(i.names_conversions, true) as names_conversions,

    s.batch_id
from {{ source('ops', 'slice_state') }} as s
left join {{ source('ops', 'imports') }} as i on s.batch_id = i.batch_id
