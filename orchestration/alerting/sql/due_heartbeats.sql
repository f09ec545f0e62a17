-- Destinations that have had no heartbeat for some hours; each is noted as having one now.
update ops.alert_destinations set heartbeat_at = clock_timestamp()
where is_on and coalesce(heartbeat_at, '-infinity')
    <= clock_timestamp() - make_interval(hours => %(hours)s)
returning destination
