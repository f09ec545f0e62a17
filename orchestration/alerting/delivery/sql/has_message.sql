-- Whether a destination has, or had, a message that says the same as another one.
select exists (
    select 1 from ops.alert_messages as o
    inner join ops.alert_messages as m on m.message_id = %(message_id)s
    where o.destination = %(destination)s and o.kind = m.kind
        and o.rule is not distinct from m.rule and o.alert_ids = m.alert_ids
        and o.state in ('waiting', 'sent')
        and o.created_at between m.created_at - interval '1 minute'
            and m.created_at + interval '1 day'
)
