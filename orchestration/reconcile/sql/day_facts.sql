-- What is known of each day: what stands, how the last attempt ended, what waits to be published.
select
    d.date_day,
    coalesce(s.state, 'none') as stands,
    s.last_attempt,
    s.last_reason,
    s.received_at,
    i.file_name as imported_from,
    o.date_day is not null as is_owed,
    coalesce(m.published_version is distinct from m.version, false) as is_pending,
    b.left_out,
    c.month_state
from (
    select generate_series(%(since)s::timestamp, %(until)s::timestamp, interval '1 day')::date
        as date_day
) as d
left join ops.slice_state as s
    on s.client_id = %(client)s and s.level = 'campaign' and d.date_day = s.date_day
left join ops.imports as i on s.batch_id = i.batch_id
left join ops.due_days as o on o.client_id = %(client)s and d.date_day = o.date_day
left join ops.client_months as m
    on m.client_id = %(client)s and m.month = date_trunc('month', d.date_day::timestamp)::date
left join marts.client_month_states as c
    on c.client_id = %(client)s and c.month = date_trunc('month', d.date_day::timestamp)::date
left join lateral ops.latest_build_of(%(client)s, m.month) as b on m.month is not null
order by d.date_day
