-- SQL for the hash of a row.
create or replace function ops.hash_sql(columns text, alias text) returns text
language sql immutable
as $$
    select 'hash_record_extended(row('
        || alias || '.' || replace(columns, ', ', ', ' || alias || '.')
        || '), 0)'
$$;
