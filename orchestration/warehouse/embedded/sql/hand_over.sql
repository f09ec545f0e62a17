-- Gives the owner everything of one database that the first superuser owns, whose oid is always 10.
do $$
declare
    given record;
begin
    for given in
        select format('alter schema %I owner to meta_ads', n.nspname) as statement
        from pg_namespace as n
        where n.nspowner = 10 and n.oid >= 16384
        union all
        select format(
            'alter %s %s owner to meta_ads',
            case c.relkind
                when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                when 'c' then 'type' when 'f' then 'foreign table' else 'table'
            end,
            c.oid::regclass
        )
        from pg_class as c
        where
            c.relowner = 10 and c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'S', 'c', 'f')
            -- A sequence of a column goes with its table.
            and not exists (
                select from pg_depend as d
                where
                    d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
                    and c.relkind = 'S'
            )
        union all
        select format('alter routine %s owner to meta_ads', p.oid::regprocedure)
        from pg_proc as p where p.proowner = 10 and p.oid >= 16384
        union all
        select format('alter type %s owner to meta_ads', t.oid::regtype)
        from pg_type as t where t.typowner = 10 and t.oid >= 16384 and t.typtype in ('d', 'e', 'r')
    loop
        execute given.statement;
    end loop;
    execute format('alter database %I owner to meta_ads', current_database());
    if to_regclass('ops.settings') is not null then
        -- The next command settles the rights of the roles anew.
        delete from ops.settings where name = 'role_prefix';
    end if;
end
$$;
