-- The age of the latest heartbeat of each process, and the longest interval that it announced.
select
    name,
    extract(epoch from clock_timestamp() - beat_at) as age,
    interval_seconds as interval
from ops.heartbeats
order by name
limit 100
