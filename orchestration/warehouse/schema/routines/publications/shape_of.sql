-- The columns and the key of a mart as it is published now, with a number of their own.
create or replace function ops.shape_of(mart_name text) returns ops.mart_shapes
language plpgsql
as $$
declare
    found ops.mart_shapes;
    relation regclass := format('published.%I', mart_name);
    column_list text;
    grain_list text;
begin
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into column_list
    from pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
        and a.attname <> 'publication_id';
    select * into found from ops.mart_shapes as s
    where s.mart = mart_name and s.columns = column_list;
    if found.shape_id is null then
        select string_agg(quote_ident(a.attname), ', ' order by k.place) into grain_list
        from pg_index as i
        cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
        join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where i.indrelid = relation and i.indisprimary;
        insert into ops.mart_shapes (mart, columns, grain)
        values (mart_name, column_list, grain_list)
        returning * into found;
    end if;
    return found;
end
$$;
