-- The functions and views of some names that exist; `version` changes when one is defined again.
select
    n.nspname || '.' || p.proname as name,
    p.oid as object_id,
    false as is_view,
    p.oid::regprocedure::text as identity,
    p.ctid::text as version,
    obj_description(p.oid, 'pg_proc') as description
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
where n.nspname || '.' || p.proname = any(%(names)s)
union all
select
    n.nspname || '.' || c.relname,
    c.oid,
    true,
    c.oid::regclass::text,
    c.ctid::text,
    obj_description(c.oid, 'pg_class')
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where c.relkind = 'v' and n.nspname || '.' || c.relname = any(%(names)s)
