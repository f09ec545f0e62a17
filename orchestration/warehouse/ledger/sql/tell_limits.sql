-- All collections lock in one order, so no two wait for each other. A pause is never made shorter.
insert into ops.throttle_state as t (key, paused_until, reason, percent, learned_at)
select
    k.key,
    case when k.seconds > 0 then clock_timestamp() + make_interval(secs => k.seconds) end,
    nullif(k.reason, ''),
    k.percent,
    clock_timestamp() - make_interval(secs => k.age)
from unnest(
    %(keys)s::text[], %(seconds)s::float8[], %(percents)s::float8[], %(ages)s::float8[],
    %(reasons)s::text[]
) as k (key, seconds, percent, age, reason)
order by k.key
on conflict (key) do update set
    reason = case
        when excluded.paused_until > coalesce(t.paused_until, '-infinity') then excluded.reason
        else t.reason
    end,
    paused_until = greatest(t.paused_until, excluded.paused_until),
    percent = excluded.percent,
    learned_at = excluded.learned_at
