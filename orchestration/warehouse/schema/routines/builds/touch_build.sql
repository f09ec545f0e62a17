-- Notes that a node is built and that its build is alive; returns the build.
-- Other nodes of the build wait until this transaction ends, so it is called at the end of a node.
create or replace function ops.touch_build(invocation text, node_name text) returns bigint
language plpgsql
as $$
declare
    build bigint := ops.hold_build(invocation);
begin
    update ops.builds set heartbeat_at = clock_timestamp() where build_id = build;
    insert into ops.build_nodes (build_id, node) values (build, node_name)
    on conflict (build_id, node) do update set refreshed_at = clock_timestamp();
    return build;
end
$$;
