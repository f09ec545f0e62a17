-- What a relation was made from, under its name without that of the database: a restored copy, or one under
-- another name, is the same warehouse.
delete from ops.definitions as d
using ops.definitions as other
where
    d.relation <> other.relation
    and regexp_replace(d.relation, '^"[^"]*"\.(?="[^"]*"\.)', '')
    = regexp_replace(other.relation, '^"[^"]*"\.(?="[^"]*"\.)', '')
    and not starts_with(d.relation, format('"%s".', current_database()));
update ops.definitions set relation = regexp_replace(relation, '^"[^"]*"\.(?="[^"]*"\.)', '');

-- Drops what dbt made, of whatever kind, with what dbt made from it; nothing is done where it is not there.
-- Raises dependent_objects_still_exist where somebody else's relation reads it, and names that.
create function ops.drop_built(relation text) returns void
language plpgsql
as $$
declare
    target oid := to_regclass(relation);
    kind text := (
        select case relkind when 'v' then 'view' when 'm' then 'materialized view'
            when 'f' then 'foreign table' else 'table' end
        from pg_class where oid = target
    );
    strangers text;
begin
    if target is null then
        return;
    end if;
    with recursive dependents (oid) as (
        select target
        union
        select r.ev_class
        from dependents as d
        inner join pg_depend as p on d.oid = p.refobjid and p.refclassid = 'pg_class'::regclass
        inner join pg_rewrite as r on p.objid = r.oid and p.classid = 'pg_rewrite'::regclass
    )
    select string_agg(c.oid::regclass::text, ', ' order by c.oid::regclass::text) into strangers
    from dependents as d
    inner join pg_class as c on d.oid = c.oid
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname not in (
        'staging', 'intermediate', 'candidate', 'audit', 'published', 'history', 'marts', 'as_of', 'marts_as_of'
    );
    if strangers is not null then
        raise exception '% gets other columns, and it is read by %, which this project did not make', relation, strangers
        using
            errcode = 'dependent_objects_still_exist',
            hint = 'Drop these views, build again, and make them anew from the new columns.';
    end if;
    execute format('drop %s %s cascade', kind, target::regclass);
end
$$;

-- The roles of before; what dbt made becomes the builder's here, too. After a restore without owners it is not.
alter function ops.ensure_roles(text) rename to ensure_roles_before_restores;
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    skipped text[] := ops.ensure_roles_before_restores(prefix);
    transformer text := prefix || 'transformer';
    built regclass;
begin
    if transformer = any(skipped) then
        return skipped;
    end if;
    for built in
        select v.oid::regclass
        from pg_class as v
        inner join pg_class as p on v.relname = p.relname and p.relnamespace = 'published'::regnamespace
        where v.relnamespace = 'as_of'::regnamespace and pg_get_userbyid(v.relowner) <> transformer
    loop
        execute format('alter view %s owner to %I', built, transformer);
    end loop;
    return skipped;
end
$$;

-- How long a build may show no sign of life before others take its place; also where it cannot be known
-- whether its process lives.
create function ops.build_lease() returns interval
language sql immutable
as $$ select interval '10 minutes' $$;

create or replace function ops.open_build(invocation text, full_refresh boolean) returns bigint
language plpgsql
as $$
declare
    other ops.builds;
    build bigint;
begin
    perform pg_advisory_xact_lock(7305003);
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
