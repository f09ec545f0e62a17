-- Notes who knows of an open alert.
update ops.alerts
set state = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = %s
where alert_id = %s and state = 'open'
