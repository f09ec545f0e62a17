-- Notes the names that differ from the latest ones; the first name of a client is that of all
-- earlier days, too.
insert into ops.client_names as n (client_id, since, name)
select
    c.client_id,
    case
        when l.name is null then '-infinity'::date
        else greatest(l.since, ops.local_day(coalesce(c.timezone_name, 'UTC')))
    end,
    c.name
from ops.clients as c
left join lateral (
    select name, since from ops.client_names as k
    where k.client_id = c.client_id
    order by k.since desc
    limit 1
) as l on true
where c.name is distinct from l.name
on conflict (client_id, since) do update set name = excluded.name
