-- Claims days; a claim that expired, or whose process is gone, is taken over.
insert into ops.collection_leases as l (client_id, date_day, holder, owner, expires_at)
select %(client)s, day, %(holder)s, %(owner)s,
    clock_timestamp() + make_interval(secs => %(seconds)s)
from unnest(%(days)s::date[]) as d (day)
order by day
on conflict (client_id, date_day) do update set
    (holder, owner, expires_at) = (excluded.holder, excluded.owner, excluded.expires_at)
    where l.holder = excluded.holder or l.expires_at < clock_timestamp()
        or l.owner = any(%(dead)s)
returning date_day
