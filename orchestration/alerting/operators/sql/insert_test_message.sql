-- Keeps a test message that was sent at once, and how that ended.
insert into ops.alert_messages (
    message_key, destination, kind, severity, content, state, attempts, sent_at, receipt, last_error
) values (
    %(key)s, %(destination)s, 'test', 'low', %(content)s, %(state)s, 1,
    case when %(state)s = 'sent' then clock_timestamp() end, %(receipt)s, %(error)s
)
