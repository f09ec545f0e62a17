-- Returns the running build of a dbt run; nobody takes it over before this transaction ends.
-- The nodes of one build run side by side: they share the lock `node`. Only who takes the build
-- over needs that lock alone and waits for all of them.
create or replace function ops.hold_build(invocation text) returns bigint
language plpgsql
as $$
declare
    build bigint;
begin
    perform ops.share_lock('node');
    select build_id into build from ops.builds
    where state = 'running' and invocation_id = invocation;
    if build is null then
        raise exception 'This dbt run holds no build (none was opened, or another one took over).'
            using hint = 'Run `dbt build`, or name the model with its parents: dbt run -s +model.';
    end if;
    return build;
end
$$;
