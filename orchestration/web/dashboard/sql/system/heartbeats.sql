-- The latest heartbeat of each process that works by itself.
select
    name, beat_at, interval_seconds, detail,
    ops.is_alive(beat_at, interval_seconds) as is_alive
from ops.heartbeats order by name
