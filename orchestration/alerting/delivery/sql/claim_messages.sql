-- Takes the oldest message of each destination, if it may be sent now and nobody else has it.
with oldest as (
    select distinct on (destination) message_id, not_before, leased_until
    from ops.alert_messages
    where state = 'waiting' and (attempts > 0 or not_before <= clock_timestamp())
    order by destination, message_id
)

update ops.alert_messages as m set
    (attempts, lease_owner, leased_until)
    = (m.attempts + 1, %(owner)s, clock_timestamp() + make_interval(secs => %(lease)s))
from oldest as o
where
    m.message_id = o.message_id and m.state = 'waiting'
    and m.not_before <= clock_timestamp()
    and coalesce(m.leased_until, '-infinity') <= clock_timestamp()
    and m.destination = any(%(destinations)s)
returning m.*, clock_timestamp() - m.created_at as age, (
    select clock_timestamp() - d.failing_since from ops.alert_destinations as d
    where d.destination = m.destination
) as failing_for
