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
