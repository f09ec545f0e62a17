-- Gives the role that collects, evaluates and delivers alerts its rights.
-- It reads published rows because the running month begins with them.
create or replace function ops.grant_loader(role_name text, transformer text) returns void
language plpgsql
as $$
declare
    built text[] := array['audit', 'published', 'marts'];
begin
    execute format(
        'grant usage on schema
            ops, landing, staging, quarantine, serving, audit, published, marts
        to %I', role_name
    );
    execute format(
        'grant select on all tables in schema ops, serving, audit, published, marts to %I',
        role_name
    );
    perform ops.grant_later(role_name, transformer, built);
    execute format(
        'grant select, insert, update, delete on all tables in schema landing, quarantine to %I',
        role_name
    );
    execute format(
        'grant select, insert, update, delete on
            staging.insights, staging.conversions, staging.control_totals,
            ops.clients, ops.client_names, ops.client_pauses, ops.client_months, ops.slice_state,
            ops.collection_leases, ops.failed_collections, ops.range_collections,
            ops.api_usage, ops.heartbeats,
            ops.folded_receipts, ops.retention, ops.throttle_state,
            serving.current_month_cache, serving.cache_refreshes, serving.cache_reads
        to %I', role_name
    );
    execute format(
        'grant insert, update on
            ops.batches, ops.settings, ops.token_checks,
            ops.alerts, ops.alert_messages, ops.alert_destinations, ops.alert_mutes,
            ops.run_failures, ops.api_notices
        to %I', role_name
    );
    execute format(
        'grant insert on ops.receipts, ops.restatements, ops.known_oddities, ops.imports to %I',
        role_name
    );
    execute format(
        'grant select, insert on staging.campaigns to %I', role_name
    );
    execute format('grant insert, delete on ops.alerts_pending to %I', role_name);
    -- Retention.
    execute format(
        'grant delete on
            ops.receipts, ops.run_failures, ops.alert_messages, ops.build_client_months,
            ops.build_nodes
        to %I', role_name
    );
    execute format('grant select, update on ops.locks to %I', role_name);
    execute format('grant usage on all sequences in schema ops to %I', role_name);
end
$$;
