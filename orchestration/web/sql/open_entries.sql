-- The open entries of the recovery log. The view collects refusals from years of violations: only
-- those that may be open are read.
select l.* from ops.recovery_log as l
where l.closed_at is null and l.kind <> 'refusal'
union all
select l.* from ops.recovery_log as l
where l.closed_at is null and l.kind = 'refusal'
    and l.client_id = any(array(
        select v.client_id from quarantine.violations as v
        where v.closed_at is null and v.severity = 'blocking'
    ))
    and l.batch_id = any(array(
        select v.batch_id from quarantine.violations as v
        where v.closed_at is null and v.severity = 'blocking'
    ))
