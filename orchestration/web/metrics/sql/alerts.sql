-- How many alerts are not resolved, by severity and state; also where there are none.
select s.severity, t.state, count(a.alert_id) as alerts
from unnest(array['critical', 'high', 'medium', 'low']) as s (severity)
cross join unnest(array['open', 'acknowledged']) as t (state)
left join ops.alerts as a
    on s.severity = a.severity and t.state = a.state and a.state <> 'resolved'
group by s.severity, t.state
order by s.severity, t.state
