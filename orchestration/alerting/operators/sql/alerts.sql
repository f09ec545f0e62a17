-- Alerts for a list: unresolved ones by severity, then, if wanted, resolved ones, the latest first.
select
    a.alert_id, a.rule, a.severity, a.state, a.client_id, c.name as client, a.subject, a.detail,
    a.since, a.opened_at, a.last_seen_at, a.times_seen, a.times_opened, a.notified_at,
    a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.resolved_by, a.resolved_reason,
    exists (
        select 1 from ops.alert_mutes as m
        where m.lifted_at is null and m.until > clock_timestamp()
            and coalesce(m.rule, a.rule) = a.rule
            and (m.client_id is null or m.client_id = a.client_id)
    ) as is_muted
from ops.alerts as a
left join ops.clients as c on a.client_id = c.client_id
where (%(with_resolved)s or a.state <> 'resolved')
order by
    a.state = 'resolved', array_position(array['critical', 'high', 'medium', 'low'], a.severity),
    coalesce(a.resolved_at, a.opened_at) desc, a.alert_id
limit %(most)s
