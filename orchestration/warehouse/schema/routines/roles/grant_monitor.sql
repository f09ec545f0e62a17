-- Gives the role of the health API and the dashboard its rights.
-- Beside reading it counts reads of the running month, asks for a refresh, and acknowledges alerts.
create or replace function ops.grant_monitor(role_name text, transformer text) returns void
language plpgsql
as $$
declare
    built text[] := array['audit', 'marts', 'marts_as_of', 'published', 'history'];
begin
    execute format(
        'grant usage on schema
            ops, audit, quarantine, serving, published, history, marts, marts_as_of
        to %I', role_name
    );
    execute format(
        'grant select on all tables in schema
            ops, audit, serving, published, history, marts, marts_as_of
        to %I', role_name
    );
    execute format('grant select on quarantine.violations, quarantine.decisions to %I', role_name);
    perform ops.grant_later(role_name, transformer, built);
    execute format(
        'grant insert, update on serving.cache_refreshes, serving.cache_reads to %I', role_name
    );
    execute format(
        'grant update (state, acknowledged_at, acknowledged_by) on ops.alerts to %I', role_name
    );
end
$$;
