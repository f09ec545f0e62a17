-- The columns of every mart that this login may read, in their order.
select c.relname, a.attname, format_type(a.atttypid, null)
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_attribute as a on c.oid = a.attrelid
where n.nspname = %s and c.relkind in ('v', 'r', 'm') and a.attnum > 0 and not a.attisdropped
    and has_table_privilege(c.oid, 'select')
order by c.relname, a.attnum
