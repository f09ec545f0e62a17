-- How many messages about alerts there are, by destination and state.
with counted as (
    select destination, state, count(*) as messages
    from ops.alert_messages
    group by destination, state
)

select n.destination, s.state, coalesce(c.messages, 0) as messages
from (select destination from ops.alert_destinations union select destination from counted) as n
cross join unnest(array['waiting', 'sent', 'refused', 'expired']) as s (state)
left join counted as c on n.destination = c.destination and s.state = c.state
order by n.destination, s.state
