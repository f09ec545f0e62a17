-- SQL for the key of a row as text, without its client and month.
create or replace function ops.key_sql(grain text, alias text) returns text
language sql immutable
as $$
    select coalesce(
        'concat_ws('' '', ' || string_agg(alias || '.' || name, ', ') || ')', '''''::text'
    )
    from unnest(string_to_array(grain, ', ')) as g (name)
    where name not in ('client_id', 'month')
$$;
