-- The tables of the warehouse with their indexes, the largest first.
select
    n.nspname || '.' || c.relname as name,
    pg_total_relation_size(c.oid) as size,
    greatest(c.reltuples, 0)::bigint as rows,
    pg_relation_size(c.oid) / current_setting('block_size')::integer as pages
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where c.relkind = 'r'
    and n.nspname in (
        'ops', 'landing', 'staging', 'quarantine', 'intermediate', 'candidate', 'audit',
        'published', 'history', 'serving', 'dagster_records'
    )
order by 2 desc, 1
