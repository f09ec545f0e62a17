-- A message about an outage of the warehouse, sent or not; what waits is sent from the outbox.
insert into ops.alert_messages (
    message_key, destination, kind, rule, severity, alert_ids, content, state, attempts,
    created_at, sent_at, receipt, last_error
) values (
    %(key)s, %(destination)s, %(kind)s, %(rule)s, %(severity)s, %(alert_ids)s, %(content)s,
    %(state)s, %(attempts)s, %(created_at)s, %(sent_at)s, %(receipt)s, %(last_error)s
)
