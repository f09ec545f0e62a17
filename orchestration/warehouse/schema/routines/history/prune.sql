-- Deletes the rows of history that no kept publication shows; returns how many.
-- Kept are the latest publication, those since `keep_since`, and the last one of every calendar
-- month.
create or replace function ops.prune(keep_since timestamptz)
returns table (publications bigint, rows_removed bigint)
language plpgsql
set lock_timeout = '5s'
as $$
declare
    mart text;
    removed bigint;
begin
    perform ops.begin_publishing();
    update ops.publications as p set pruned_at = clock_timestamp()
    where p.pruned_at is null and p.published_at < keep_since
        and exists (
            select 1 from ops.publications as later
            where later.publication_id > p.publication_id
                and date_trunc('month', later.published_at at time zone 'UTC')
                = date_trunc('month', p.published_at at time zone 'UTC')
        );
    get diagnostics publications = row_count;
    rows_removed := 0;
    for mart in
        select tablename from pg_tables where schemaname = 'published' order by tablename
    loop
        execute format(
            'delete from history.%I as h
            where not exists (
                select 1 from ops.publications as k
                where k.pruned_at is null
                    and k.publication_id >= h.publication_id
                    and k.publication_id < h.ended_publication_id
            )',
            mart
        );
        get diagnostics removed = row_count;
        rows_removed := rows_removed + removed;
    end loop;
    delete from ops.publication_manifest as m
    using (
        select e.publication_id, e.mart, e.client_id, e.month,
            lead(e.publication_id) over (
                partition by e.mart, e.client_id, e.month order by e.publication_id
            ) as ended
        from ops.publication_manifest as e
    ) as spans
    where m.publication_id = spans.publication_id and m.mart = spans.mart
        and m.client_id = spans.client_id and m.month = spans.month
        and not exists (
            select 1 from ops.publications as k
            where k.pruned_at is null and k.publication_id >= spans.publication_id
                and (spans.ended is null or k.publication_id < spans.ended)
        );
    return next;
end
$$;
