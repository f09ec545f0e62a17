-- Each destination of alerts: whether it is on, whether it fails, the age of its latest delivery
-- and of its oldest message that waits. A message that quiet hours hold back is not late.
select
    d.destination,
    d.is_on::integer as is_on,
    (d.is_on and d.failing_since is not null)::integer as is_failing,
    extract(epoch from clock_timestamp() - d.sent_at) as age,
    coalesce((
        select extract(epoch from clock_timestamp() - min(m.created_at))
        from ops.alert_messages as m
        where m.destination = d.destination and m.state = 'waiting'
            and (m.attempts > 0 or m.not_before <= clock_timestamp())
    ), 0) as oldest
from ops.alert_destinations as d
order by d.destination
