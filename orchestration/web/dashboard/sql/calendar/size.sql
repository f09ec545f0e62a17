-- How many clients there are, how many of them match the filter, and the latest due day of all.
select
    count(*) filter (
        where %(q)s = '' or strpos(lower(name), %(q)s) > 0 or strpos(client_id, %(q)s) > 0
    ) as matching,
    count(*) as listed,
    (
        select coalesce(max(ops.latest_due_day(z.timezone_name)), ops.latest_due_day('UTC'))
        from (select distinct timezone_name from ops.clients where is_listed) as z
        where z.timezone_name is not null
    ) as last_day
from ops.clients
where is_listed
