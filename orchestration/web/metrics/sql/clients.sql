-- The latest due days of each client by state, in one reading: a row for each client and state, and
-- one for each client (state null) with the age of what Meta last confirmed.
select
    c.client_id as client, d.state, grouping(d.state) = 1 as is_total, count(d.date_day) as days,
    extract(epoch from clock_timestamp() - max(d.confirmed_at) filter (
        where d.stands in ('received', 'empty')
    )) as age
from ops.clients as c
left join ops.day_states(%(days)s, null) as d on c.client_id = d.client_id
where c.is_listed
group by grouping sets ((c.client_id), (c.client_id, d.state))
order by c.client_id
