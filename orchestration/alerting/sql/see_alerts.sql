-- Counts unresolved alerts once more, with what is known about them now.
update ops.alerts as a set
    (severity, subject, detail, facts, since, times_seen, last_seen_at) = (
        new.severity, new.subject, new.detail, new.facts, coalesce(a.since, new.since),
        a.times_seen + 1, clock_timestamp()
    )
from jsonb_to_recordset(%(alerts)s) as new (
    alert_id bigint, severity text, subject text, detail text, facts jsonb, since timestamptz
)
where a.alert_id = new.alert_id
returning a.*
