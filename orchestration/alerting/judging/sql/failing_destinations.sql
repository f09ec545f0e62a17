-- Destinations that refused a message, or that have accepted none for an hour.
select d.destination, d.failing_since, d.last_error
from ops.alert_destinations as d
where d.is_on and d.failing_since is not null and (
    d.failing_since < clock_timestamp() - interval '1 hour'
    or exists (
        select 1 from ops.alert_messages as m
        where m.destination = d.destination and m.state in ('refused', 'expired')
            and m.not_before >= d.failing_since - interval '1 minute'
    )
)
order by d.destination
