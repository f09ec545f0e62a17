-- In how many seconds the next message may be sent; null where none waits.
select extract(epoch from min(at) - clock_timestamp())
from (
    select distinct on (destination) greatest(not_before, leased_until) as at
    from ops.alert_messages
    where state = 'waiting' and (attempts > 0 or not_before <= clock_timestamp())
        and destination = any(%(destinations)s)
    order by destination, message_id
) as oldest
