-- Opens alerts again that were resolved a short time ago.
update ops.alerts as a set (
    state, severity, subject, detail, facts, since, times_opened, times_seen, opened_at,
    last_seen_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by, resolved_reason,
    notified_at, raised_at
) = (
    'open', new.severity, new.subject, new.detail, new.facts, new.since, a.times_opened + 1, 1,
    clock_timestamp(), clock_timestamp(), null, null, null, null, null, null, null
)
from jsonb_to_recordset(%(alerts)s) as new (
    alert_id bigint, severity text, subject text, detail text, facts jsonb, since timestamptz
)
where a.alert_id = new.alert_id
returning a.*
