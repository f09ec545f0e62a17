-- The alert about an outage of the warehouse, once the warehouse is back.
insert into ops.alerts (
    fingerprint, rule, severity, subject, detail, facts, since, opened_at, notified_at, times_seen
) values (
    %(fingerprint)s, %(rule)s, %(severity)s, %(subject)s, %(detail)s, %(facts)s, %(since)s,
    %(since)s, %(notified_at)s, %(times_seen)s
)
returning alert_id
