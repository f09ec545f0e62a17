-- Client-months of earlier publications whose kept rows no longer agree with the manifest.
create or replace function ops.verify_history()
returns table (publication_id bigint, mart text, client_id text, month date)
language plpgsql
as $$
declare
    shape ops.mart_shapes;
begin
    for shape in select * from ops.mart_shapes order by shape_id loop
        return query execute format(
            'select m.publication_id, m.mart, m.client_id, m.month
            from ops.publication_manifest as m
            left join lateral (
                select count(*) as row_count, coalesce(sum(%3$s), 0)::text as content_hash
                from (
                    select %4$s from published.%1$I as r
                    where r.client_id = m.client_id and r.month = m.month
                        and r.publication_id <= m.publication_id
                    union all
                    select %4$s from history.%1$I as r
                    where r.client_id = m.client_id and r.month = m.month
                        and r.publication_id <= m.publication_id
                        and r.ended_publication_id > m.publication_id
                ) as p
            ) as kept on true
            where m.shape_id = %2$s
                and (m.row_count, m.content_hash)
                is distinct from (kept.row_count, kept.content_hash)
            order by 1, 3, 4',
            shape.mart, shape.shape_id, ops.hash_sql(shape.columns, 'p'), shape.columns
        );
    end loop;
end
$$;
