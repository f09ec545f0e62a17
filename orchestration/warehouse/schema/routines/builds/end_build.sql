-- Marks the running build of a dbt run as failed; a build that published is no longer running.
-- Where everything was built and no test failed (`is_whole`), notes from which dbt project.
create or replace function ops.end_build(invocation text, is_whole boolean) returns void
language sql
as $$
    update ops.builds set project_digest = nullif(current_setting('meta_ads.project', true), '')
    where is_whole and state in ('published', 'unchanged') and invocation_id = invocation;
    update ops.builds set state = 'failed', finished_at = clock_timestamp()
    where state = 'running' and invocation_id = invocation
$$;
