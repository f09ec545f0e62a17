-- Nodes of one build run side by side: each holds the lease in common with the others and writes its sign of
-- life at its end, where no other one waits for it. Only who takes the lease over waits for all of them.
create function ops.hold_build(invocation text) returns bigint
language plpgsql
as $$
declare
    build bigint;
begin
    perform pg_advisory_xact_lock_shared(7305006);
    select build_id into build from ops.builds where state = 'running' and invocation_id = invocation;
    if build is null then
        raise exception 'This dbt run holds no build (none was opened, or another one took over).'
            using hint = 'Run `dbt build`, or name the model with its parents: dbt run -s +model.';
    end if;
    return build;
end
$$;
comment on function ops.hold_build is 'The running build of a dbt run, which nobody takes over before this transaction ends';

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
comment on function ops.touch_build is 'Notes that a node is built, and that its build is alive; other nodes wait until the end of the transaction';

-- Closes a running build in another one's stead, as soon as none of its nodes is at work. One that showed a
-- sign of life since `seen_alive_at` is left alone.
create function ops.supersede_build(build bigint, seen_alive_at timestamptz default 'infinity') returns boolean
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(7305006);
    update ops.builds set state = 'superseded', finished_at = clock_timestamp()
    where build_id = build and state = 'running' and heartbeat_at <= seen_alive_at;
    return found;
end
$$;

alter table ops.builds add column after_publication_id bigint;
comment on column ops.builds.after_publication_id is 'The newest publication when the build began';

create or replace function ops.open_build(invocation text, full_refresh boolean) returns bigint
language plpgsql
as $$
declare
    lease constant interval := '10 minutes';
    other ops.builds;
    build bigint;
begin
    perform pg_advisory_xact_lock(7305003);
    select * into other from ops.builds where state = 'running';
    if found and other.heartbeat_at <= clock_timestamp() - lease then
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

-- A build made of what was taken back meanwhile would undo that.
create function ops.drop_taken_back(build bigint) returns void
language sql security definer
set search_path = ops, pg_temp
as $$
    delete from ops.build_client_months as b
    using ops.builds as r, ops.publications as p, ops.build_client_months as t
    where b.build_id = build and r.build_id = build
        and p.kind = 'rollback' and p.publication_id > r.after_publication_id
        and t.build_id = p.build_id and t.client_id = b.client_id and t.month = b.month
$$;

alter function ops.leave_out(bigint) rename to leave_out_unfit;
comment on function ops.leave_out_unfit is 'Leaves out what changed meanwhile, has a blocking finding, or would lose days';

create function ops.leave_out(build bigint) returns void
language sql
as $$
    select ops.drop_taken_back(build);
    select ops.leave_out_unfit(build);
$$;
comment on function ops.leave_out is 'Decides what of the build is not published; called behind the lock of the publication';
