-- Drops a relation that dbt made, of whatever kind, and what dbt made from it.
-- Does nothing where it is not there. Raises dependent_objects_still_exist, with the names, where a
-- relation reads it that dbt did not make.
create or replace function ops.drop_built(relation text) returns void
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
        'staging', 'intermediate', 'candidate', 'audit', 'published', 'history', 'marts', 'as_of',
        'marts_as_of'
    );
    if strangers is not null then
        raise exception
            '% gets other columns, and it is read by %, which this project did not make',
            relation, strangers
        using
            errcode = 'dependent_objects_still_exist',
            hint = 'Drop these views, build again, and make them anew from the new columns.';
    end if;
    execute format('drop %s %s cascade', kind, target::regclass);
end
$$;
