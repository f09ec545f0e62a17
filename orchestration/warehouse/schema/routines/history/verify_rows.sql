-- Published rows that are not as they were published: mart, client-month, key, and what is wrong.
create or replace function ops.verify_rows()
returns table (mart text, client_id text, month date, row_key text, problem text)
language plpgsql
as $$
declare
    shape ops.mart_shapes;
begin
    for shape in select * from ops.mart_shapes order by shape_id loop
        return query execute format(
            'with as_published as (
                select r.client_id, r.month, t.row_key, t.hash
                from ops.published_rows as r
                cross join unnest(r.keys, r.hashes) as t (row_key, hash)
                where r.mart = %1$L and r.shape_id = %2$s
            ),
            stored as (
                select p.client_id, p.month, %3$s as row_key, %4$s as hash
                from published.%1$I as p
                join ops.published_rows as r
                    on r.mart = %1$L and r.shape_id = %2$s
                    and r.client_id = p.client_id and r.month = p.month
            )
            select %1$L, client_id, month, row_key,
                case
                    when t.hash is null then ''was added''
                    when f.hash is null then ''is gone''
                    else ''was changed''
                end
            from as_published as t
            full join stored as f using (client_id, month, row_key)
            where t.hash is distinct from f.hash
            order by 2, 3, 4',
            shape.mart, shape.shape_id,
            ops.key_sql(shape.grain, 'p'), ops.hash_sql(shape.columns, 'p')
        );
    end loop;
    for mart in
        select tablename from pg_tables where schemaname = 'published' order by tablename
    loop
        return query execute format(
            'select %1$L, p.client_id, p.month, null::text, ''was never published''
            from published.%1$I as p
            where not exists (
                select 1 from ops.published_rows as r
                where r.mart = %1$L and r.client_id = p.client_id and r.month = p.month
            )
            group by p.client_id, p.month',
            mart
        );
    end loop;
end
$$;
