-- Opens alerts that are new.
insert into ops.alerts (fingerprint, rule, severity, client_id, subject, detail, facts, since)
select fingerprint, rule, severity, client_id, subject, detail, facts, since
from jsonb_to_recordset(%(alerts)s) as new (
    fingerprint text, rule text, severity text, client_id text, subject text, detail text,
    facts jsonb, since timestamptz
)
returning *
