-- Claims days of clients; a claim that expired, or whose process is gone, is taken over.
-- Days that another collection works on are left out before they are locked, and all collections
-- lock in one order, so no two wait for each other.
insert into ops.collection_leases as l (client_id, date_day, holder, owner, expires_at)
select d.client_id, d.date_day, %(holder)s, %(owner)s,
    clock_timestamp() + make_interval(secs => %(seconds)s)
from unnest(%(clients)s::text[], %(days)s::date[]) as d (client_id, date_day)
where not exists (
    select 1 from ops.collection_leases as o
    where o.client_id = d.client_id and o.date_day = d.date_day
        and o.holder <> %(holder)s and o.expires_at >= clock_timestamp()
        and o.owner <> all(%(dead)s)
)
order by d.client_id, d.date_day
on conflict (client_id, date_day) do update set
    (holder, owner, expires_at) = (excluded.holder, excluded.owner, excluded.expires_at)
    where l.holder = excluded.holder or l.expires_at < clock_timestamp()
        or l.owner = any(%(dead)s)
returning client_id, date_day
