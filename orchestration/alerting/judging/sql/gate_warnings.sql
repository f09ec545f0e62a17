-- Warnings of the gate about days within the lookback, for each client and rule.
select
    v.client_id, v.rule, count(distinct v.date_day) as days, max(v.date_day)::text as latest,
    min(v.found_at) as since
from quarantine.violations as v
inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
where
    v.closed_at is null and v.severity = 'warning'
    and v.date_day > ops.latest_due_day(coalesce(c.timezone_name, 'UTC'))
        - coalesce(ops.setting_int('lookback_days'), 28)
group by v.client_id, v.rule
order by v.client_id, v.rule
