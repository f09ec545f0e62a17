-- Marks the running build of a dbt run as failed; a build that published is no longer running.
create or replace function ops.end_build(invocation text) returns void
language sql
as $$
    update ops.builds set state = 'failed', finished_at = clock_timestamp()
    where state = 'running' and invocation_id = invocation
$$;
