-- Messages that were sent, unless they prove that another message was made good; messages that were
-- not, once they are made good. The latest digest says when the next one is due.
t.state <> 'waiting'
and greatest(t.created_at, t.sent_at, t.not_before) < %(before)s
and not (
    t.kind = 'digest'
    and t.created_at = (select max(m.created_at) from ops.alert_messages as m where m.kind = 'digest')
)
and case
    when t.state = 'sent' then not exists (
        select 1 from ops.alert_messages as o
        where o.state in ('refused', 'expired')
            and (
                o.message_id = t.instead_of
                -- As ops.recovery_log recognizes it.
                or o.message_id between t.message_id - 100 and t.message_id + 100
                and o.kind = t.kind and o.alert_ids = t.alert_ids
            )
    )
    else t.message_id in (
        select substr(l.entry, length('message-') + 1)::bigint from ops.recovery_log as l
        where l.kind = 'message' and l.closed_at is not null
    )
end
