-- Where alerts are sent, with how many messages wait for each destination.
select
    d.destination, d.is_on, d.note, d.sent_at, d.failing_since, d.last_error,
    (
        select count(*) from ops.alert_messages as m
        where m.destination = d.destination and m.state = 'waiting'
    ) as waiting
from ops.alert_destinations as d
order by d.destination
limit %(limit)s
