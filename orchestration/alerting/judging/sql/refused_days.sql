-- Days that were refused for some rules and are not kept since, however later attempts ended.
select v.client_id, v.date_day::text as day, array_agg(distinct v.rule) as rules
from quarantine.violations as v
inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
where v.closed_at is null and v.severity = 'blocking' and v.rule = any(%(rules)s)
    and v.date_day is not null
group by v.client_id, v.date_day
order by v.client_id, v.date_day
