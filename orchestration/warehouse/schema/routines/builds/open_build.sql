-- Begins a build and returns it. Raises an error while another build shows signs of life.
create or replace function ops.open_build(invocation text, full_refresh boolean) returns bigint
language plpgsql
as $$
declare
    other ops.builds;
    build bigint;
begin
    perform ops.take_lock('build');
    select * into other from ops.builds where state = 'running';
    if found and other.heartbeat_at <= clock_timestamp() - ops.build_lease() then
        perform ops.supersede_build(other.build_id, other.heartbeat_at);
        select * into other from ops.builds where state = 'running';
    end if;
    if found then
        raise exception 'Another build is running: number %, begun at %, by %.',
            other.build_id, to_char(other.started_at, 'YYYY-MM-DD HH24:MI:SS TZ'), other.owner
            using hint = 'Wait for it; if its process is gone, `meta-ads build --take-over`.';
    end if;
    insert into ops.builds (owner, is_full, as_of, invocation_id, after_publication_id)
    values (
        coalesce(nullif(current_setting('meta_ads.owner', true), ''), 'dbt alone'),
        full_refresh, ops.business_now(), invocation,
        (select coalesce(max(publication_id), 0) from ops.publications)
    )
    returning build_id into build;
    return build;
end
$$;
