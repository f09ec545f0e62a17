-- Ends a running build so that another can begin; returns whether it did.
-- Waits until none of its nodes is at work. A build that showed a sign of life after
-- `seen_alive_at` is left alone.
create or replace function ops.supersede_build(
    build bigint, seen_alive_at timestamptz default 'infinity'
) returns boolean
language plpgsql
as $$
begin
    perform ops.take_lock('node');
    update ops.builds set state = 'superseded', finished_at = clock_timestamp()
    where build_id = build and state = 'running' and heartbeat_at <= seen_alive_at;
    return found;
end
$$;
