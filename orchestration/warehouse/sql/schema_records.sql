-- Whether this login may read what ran here, and which of the two tables that say so are there.
select
    n.oid is null
    or (
        has_schema_privilege(n.oid, 'usage')
        and (m.oid is null or has_table_privilege(m.oid, 'select'))
    ) as may_read,
    m.oid is not null as has_migrations,
    r.oid is not null as has_routines,
    n.oid is null or pg_has_role(n.nspowner, 'MEMBER') as is_owner
from (select 'ops' as name) as ops
left join pg_namespace as n on ops.name = n.nspname
left join pg_class as m on n.oid = m.relnamespace and m.relname = 'migrations'
left join pg_class as r on n.oid = r.relnamespace and r.relname = 'routines'
