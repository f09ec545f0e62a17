-- The latest alert of each fingerprint that was resolved within the last hours.
select distinct on (fingerprint) fingerprint, alert_id
from ops.alerts
where fingerprint = any(%(fingerprints)s) and state = 'resolved'
    and resolved_at > clock_timestamp() - make_interval(hours => %(hours)s)
order by fingerprint, alert_id desc
