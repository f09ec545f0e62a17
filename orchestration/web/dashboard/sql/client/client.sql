-- A client with its known pauses.
select
    c.*,
    (
        select coalesce(json_agg(p order by p.since desc), '[]')
        from (
            select since, until, reason from ops.client_pauses as p where p.client_id = c.client_id
        ) as p
    ) as pauses
from ops.clients as c
where c.client_id = %s
