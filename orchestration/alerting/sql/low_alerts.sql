-- Unresolved alerts of low severity, in the order of the digest.
select a.*, c.name from ops.alerts as a
left join ops.clients as c on a.client_id = c.client_id
where a.severity = 'low' and a.state <> 'resolved'
order by a.rule, a.client_id nulls first, a.fingerprint
