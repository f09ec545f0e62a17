-- Who may do what. Roles belong to the whole server, so their names have a prefix that a setting chooses.
create function ops.ensure_role(role_name text, purpose text) returns boolean
language plpgsql
as $$
begin
    if not exists (select 1 from pg_roles where rolname = role_name) then
        begin
            execute format('create role %I login', role_name);
            execute format('comment on role %I is %L', role_name, purpose);
        exception
            when insufficient_privilege then return false;
            when duplicate_object or unique_violation then null;
        end;
    end if;
    if not pg_has_role(role_name, 'MEMBER') then
        execute format('grant %I to current_user', role_name);
    end if;
    return true;
exception when insufficient_privilege then return false;
end
$$;

-- Makes the roles and grants each what it needs, anew at every change of the schema. Returns those that
-- this connection may not make or hand out.
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    analyst text := prefix || 'analyst';
    loader text := prefix || 'loader';
    transformer text := prefix || 'transformer';
    monitor text := prefix || 'monitor';
    skipped text[] := '{}';
    is_new boolean;
    built record;
begin
    is_new := not exists (select 1 from pg_roles where rolname = analyst);
    if not ops.ensure_role(transformer, 'meta-ads-warehouse: builds and publishes (dbt)') then
        skipped := skipped || transformer;
    end if;
    if not ops.ensure_role(analyst, 'meta-ads-warehouse: reads the marts') then
        skipped := skipped || analyst;
    elsif is_new then
        execute format('alter role %I set default_transaction_read_only = on', analyst);
        execute format('alter role %I set default_transaction_isolation = ''repeatable read''', analyst);
    end if;
    if not ops.ensure_role(loader, 'meta-ads-warehouse: collects') then
        skipped := skipped || loader;
    end if;
    if not ops.ensure_role(monitor, 'meta-ads-warehouse: reads the ledger, the findings and the marts') then
        skipped := skipped || monitor;
    end if;

    if not transformer = any(skipped) then
        execute format('grant usage on schema ops to %I', transformer);
        execute format(
            'grant usage, create on schema staging, intermediate, candidate, audit, published, history,
            marts, as_of, marts_as_of to %I', transformer
        );
        execute format('grant select on all tables in schema ops, staging, as_of to %I', transformer);
        execute format(
            'grant insert, update on ops.builds, ops.build_client_months, ops.build_nodes, ops.publications,
            ops.publication_manifest, ops.mart_shapes, ops.published_rows, ops.reopenings, ops.definitions
            to %I', transformer
        );
        execute format('grant update on ops.client_months to %I', transformer);
        execute format('grant delete on ops.publication_manifest to %I', transformer);
        execute format('grant usage on all sequences in schema ops to %I', transformer);
        -- What dbt made before there was the role becomes the role's.
        for built in
            select c.oid::regclass as relation
            from pg_class as c
            join pg_namespace as n on n.oid = c.relnamespace
            where c.relkind in ('r', 'v')
                and pg_get_userbyid(c.relowner) <> transformer
                and (
                    n.nspname in ('intermediate', 'candidate', 'audit', 'published', 'history', 'marts', 'marts_as_of')
                    or n.nspname = 'staging' and c.relkind = 'v'
                )
        loop
            execute format('alter table %s owner to %I', built.relation, transformer);
        end loop;
    end if;
    if not analyst = any(skipped) then
        -- The names of functions that the marts call are looked up there; no table of it may be read.
        execute format('grant usage on schema ops, marts, marts_as_of to %I', analyst);
        execute format('grant select on all tables in schema marts, marts_as_of to %I', analyst);
        perform ops.grant_later(transformer, analyst, skipped, array['marts', 'marts_as_of']);
    end if;
    if not monitor = any(skipped) then
        execute format('grant usage on schema ops, audit, quarantine, marts, marts_as_of to %I', monitor);
        execute format('grant select on all tables in schema ops, audit, marts, marts_as_of to %I', monitor);
        execute format('grant select on quarantine.violations, quarantine.decisions to %I', monitor);
        perform ops.grant_later(transformer, monitor, skipped, array['audit', 'marts', 'marts_as_of']);
    end if;
    if not loader = any(skipped) then
        execute format('grant usage on schema ops, landing, staging, quarantine to %I', loader);
        execute format('grant select on all tables in schema ops to %I', loader);
        execute format(
            'grant select, insert, update, delete on all tables in schema landing, quarantine to %I', loader
        );
        execute format(
            'grant select, insert, update, delete on staging.insights, staging.conversions,
            staging.control_totals, ops.clients, ops.client_pauses, ops.client_months, ops.slice_state,
            ops.collection_leases, ops.failed_collections, ops.range_collections to %I', loader
        );
        execute format('grant insert, update on ops.batches, ops.settings to %I', loader);
        execute format('grant insert on ops.receipts, ops.restatements to %I', loader);
        execute format('grant usage on all sequences in schema ops to %I', loader);
    end if;
    return skipped;
end
$$;

-- Views that are made later are readable, too, whoever of the two makes them.
create function ops.grant_later(transformer text, reader text, skipped text[], schemas text[]) returns void
language plpgsql
as $$
declare
    schema_name text;
    maker text;
begin
    foreach schema_name in array schemas loop
        for maker in
            select current_user::text union select transformer where not transformer = any(skipped)
        loop
            execute format(
                'alter default privileges for role %I in schema %I grant select on tables to %I',
                maker, schema_name, reader
            );
        end loop;
    end loop;
end
$$;

-- The role of a purpose, if whoever logged in may take it on. Readers of the marts ask, too.
create function ops.role_for(purpose text) returns text
language sql stable security definer
set search_path = ops, pg_temp
as $$
    select r.rolname::text from ops.settings as s
    join pg_roles as r on r.rolname = s.value
    where s.name = purpose || '_role' and pg_has_role(session_user, r.oid, 'MEMBER')
$$;
