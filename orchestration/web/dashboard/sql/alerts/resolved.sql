-- The latest resolved alerts.
select
    alert_id, rule, severity, client_id, subject, resolved_at, resolved_by, resolved_reason
from ops.alerts
where state = 'resolved'
order by resolved_at desc nulls last, alert_id desc
limit %(limit)s
