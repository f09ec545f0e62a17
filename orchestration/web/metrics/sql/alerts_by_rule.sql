-- How many alerts are not resolved, by rule.
select rule, severity, state, count(*) as alerts
from ops.alerts
where state <> 'resolved'
group by rule, severity, state
order by rule, severity, state
limit 500
