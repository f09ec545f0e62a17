-- What Meta said of limits to one collection, for all others: their calls count on the same ones.
create table ops.throttle_state (
    key text primary key,
    paused_until timestamptz,
    reason text,
    percent real not null,
    learned_at timestamptz not null
);
