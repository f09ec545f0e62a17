delete from ops.throttle_state
where key in (
    select key from ops.throttle_state
    where greatest(paused_until, learned_at) < clock_timestamp() - interval '1 day'
    for update skip locked
)
