-- Client-days whose last answer was refused and about which nobody has decided yet.
select
    s.client_id, s.date_day, b.batch_id, s.last_attempt_at as refused_at,
    s.state as stands, b.read_for,
    array_agg(distinct v.rule) as rules,
    array_agg(v.rule || ': ' || v.detail order by v.violation_id) as details
from ops.slice_state as s
inner join ops.batches as b on s.last_batch_id = b.batch_id
inner join quarantine.violations as v
    on b.batch_id = v.batch_id and s.date_day = v.date_day and v.severity = 'blocking'
where s.level = 'campaign' and s.last_attempt = 'refused'
    and s.client_id = any(%(clients)s)
    and s.date_day between coalesce(%(since)s, s.date_day)
        and coalesce(%(until)s, s.date_day)
    and v.closed_at is null
group by s.client_id, s.date_day, b.batch_id, s.last_attempt_at, s.state, b.read_for
order by s.client_id, s.date_day
