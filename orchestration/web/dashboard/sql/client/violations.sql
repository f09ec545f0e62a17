-- The violations of a client's data that are still open.
select violation_id, date_day, rule, severity, detail, found_at, count(*) over () as total
from quarantine.violations
where client_id = %s and closed_at is null
order by severity, date_day desc nulls first, violation_id desc
limit 1000
