-- Gives the role that builds its rights, and what dbt made before there was the role.
-- A restore without owners leaves those relations to whoever restored.
create or replace function ops.grant_transformer(role_name text) returns void
language plpgsql
as $$
declare
    built regclass;
begin
    execute format('grant usage on schema ops to %I', role_name);
    execute format(
        'grant usage, create on schema
            staging, intermediate, candidate, audit, published, history, marts, as_of, marts_as_of
        to %I', role_name
    );
    execute format('grant select on all tables in schema ops, staging, as_of to %I', role_name);
    execute format(
        'grant insert, update on
            ops.builds, ops.build_client_months, ops.build_nodes, ops.definitions,
            ops.publications, ops.publication_manifest, ops.mart_shapes, ops.published_rows,
            ops.reopenings
        to %I', role_name
    );
    execute format('grant update on ops.client_months to %I', role_name);
    execute format('grant delete on ops.publication_manifest to %I', role_name);
    execute format('grant select, update on ops.locks, ops.build_turn to %I', role_name);
    execute format('grant usage on all sequences in schema ops to %I', role_name);
    for built in
        select c.oid::regclass
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where
            c.relkind in ('r', 'v')
            and pg_get_userbyid(c.relowner) <> role_name
            and (
                n.nspname in (
                    'intermediate', 'candidate', 'audit', 'published', 'history',
                    'marts', 'marts_as_of'
                )
                or n.nspname = 'staging' and c.relkind = 'v'
                or n.nspname = 'as_of' and exists (
                    select from pg_class as p
                    where p.relnamespace = 'published'::regnamespace and p.relname = c.relname
                )
            )
    loop
        execute format('alter table %s owner to %I', built, role_name);
    end loop;
end
$$;
