-- A share of a limit says something for as long as the longest slow-down that it asks for.
select
    t.key,
    greatest(0, coalesce(extract(epoch from t.paused_until - n.now), 0))::float8,
    t.percent::float8,
    extract(epoch from n.now - t.learned_at)::float8,
    coalesce(t.reason, '')
from ops.throttle_state as t
cross join (select clock_timestamp() as now) as n
where t.paused_until > n.now or t.learned_at > n.now - interval '30 seconds'
