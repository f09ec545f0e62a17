-- Writes messages into the outbox, in their order.
insert into ops.alert_messages (
    destination, kind, rule, severity, alert_ids, content, not_before, instead_of
)
select
    destination, kind, rule, severity, alert_ids, content,
    coalesce(not_before, clock_timestamp()), instead_of
from jsonb_to_recordset(%(messages)s) as new (
    destination text, kind text, rule text, severity text, alert_ids bigint[], content jsonb,
    not_before timestamptz, instead_of bigint, place bigint
)
order by place
