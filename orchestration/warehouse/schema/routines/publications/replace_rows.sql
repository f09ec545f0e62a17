-- Makes the published rows of a build's client-months those of a source; returns how many changed.
-- Unchanged rows stay as they are; rows that end move to history.
create or replace function ops.replace_rows(
    build bigint, publication bigint, mart text, source text, out inserted bigint, out ended bigint
)
language plpgsql
as $$
#variable_conflict use_variable
declare
    shape ops.mart_shapes;
    same_key text;
    sums text;
begin
    shape := ops.shape_of(mart);
    select string_agg(format('c.%1$s = p.%1$s', g.name), ' and ') into same_key
    from unnest(string_to_array(shape.grain, ', ')) as g (name);
    select string_agg(format('%L, sum(%I)', a.attname, a.attname), ', ' order by a.attnum) into sums
    from pg_attribute as a
    join pg_type as t on t.oid = a.atttypid
    where a.attrelid = format('published.%I', mart)::regclass
        and a.attnum > 0 and not a.attisdropped
        and t.typname in ('numeric', 'int8', 'int4')
        and a.attname not in ('reach', 'publication_id');

    if ops.lacks_months(format('published.%I', mart)::regclass) then
        execute format('analyze published.%I', mart);
    end if;
    execute format(
        'with ended as (
            delete from published.%1$I as p
            using ops.build_client_months as b
            where b.build_id = $1 and b.left_out is null
                and p.client_id = b.client_id and p.month = b.month
                and not exists (
                    select 1 from %6$s as c
                    where %3$s and row(c.%4$s) is not distinct from row(p.%5$s)
                )
            returning p.*
        )
        insert into history.%1$I (%2$s, publication_id, ended_publication_id)
        select %2$s, publication_id, $2 from ended',
        mart, shape.columns, same_key, replace(shape.columns, ', ', ', c.'),
        replace(shape.columns, ', ', ', p.'), source
    ) using build, publication;
    get diagnostics ended = row_count;

    -- The keys that stay are read before the first row is written. A table that is searched while it
    -- is filled holds the new rows as well, and looking past them costs the square of their number.
    execute format(
        'with kept as materialized (
            select p.%6$s
            from published.%1$I as p
            join ops.build_client_months as b on b.client_id = p.client_id and b.month = p.month
            where b.build_id = $1 and b.left_out is null
        )
        insert into published.%1$I (%2$s, publication_id)
        select %3$s, $2
        from %5$s as c
        join ops.build_client_months as b on b.client_id = c.client_id and b.month = c.month
        where b.build_id = $1 and b.left_out is null
            and not exists (select 1 from kept as p where %4$s)',
        mart, shape.columns, 'c.' || replace(shape.columns, ', ', ', c.'), same_key, source,
        replace(shape.grain, ', ', ', p.')
    ) using build, publication;
    get diagnostics inserted = row_count;
    if inserted + ended = 0 then
        return;
    end if;

    -- A table that has just been filled is not what its statistics say, if it has any.
    if (
        select c.reltuples <= 0 or inserted > greatest(c.reltuples, 1000) / 10 from pg_class as c
        where c.oid = format('published.%I', mart)::regclass
    ) then
        execute format('analyze published.%I', mart);
    end if;

    -- The manifest names the client-months that this publication changed in this mart.
    execute format(
        'with rows as materialized (
            select
                t.client_id, t.month, count(p.client_id) as row_count,
                jsonb_build_object(%2$s) as sums,
                coalesce(
                    array_agg(p.row_key) filter (where p.client_id is not null), ''{}''
                ) as keys,
                coalesce(
                    array_agg(p.row_hash) filter (where p.client_id is not null), ''{}''
                ) as hashes,
                coalesce(sum(p.row_hash), 0)::text as content_hash
            from (
                select client_id, month from published.%1$I where publication_id = $1
                union
                select client_id, month from history.%1$I where ended_publication_id = $1
            ) as t
            left join lateral (
                select p.*, %3$s as row_key, %4$s as row_hash
                from published.%1$I as p
                where p.client_id = t.client_id and p.month = t.month
                offset 0
            ) as p on true
            group by t.client_id, t.month
        ),
        fingerprints as (
            insert into ops.published_rows (mart, client_id, month, shape_id, keys, hashes)
            select %5$L, client_id, month, $2, keys, hashes from rows
            on conflict (mart, client_id, month) do update set
                (shape_id, keys, hashes) = (excluded.shape_id, excluded.keys, excluded.hashes)
        )
        insert into ops.publication_manifest
            (publication_id, mart, client_id, month, row_count, sums, content_hash, shape_id)
        select $1, %5$L, client_id, month, row_count, sums, content_hash, $2 from rows',
        mart, coalesce(sums, ''),
        ops.key_sql(shape.grain, 'p'), ops.hash_sql(shape.columns, 'p'), mart
    ) using publication, shape.shape_id;
end
$$;
