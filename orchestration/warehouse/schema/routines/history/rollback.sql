-- Publishes again what a publication showed, for some clients or (null) for all.
create or replace function ops.rollback(target bigint, client_ids text[], given_reason text)
returns table (
    publication_id bigint, client_months integer, rows_inserted bigint, rows_ended bigint
)
language plpgsql
set lock_timeout = '5s'
as $$
#variable_conflict use_column
declare
    build bigint;
    publication bigint;
    mart_name text;
    counts record;
    data_columns text;
begin
    perform ops.begin_publishing();
    perform ops.readable_publication(target);
    if not exists (select 1 from ops.publications as p where p.publication_id = target) then
        raise exception 'There is no publication %.', target
            using hint = 'meta-ads publications list';
    end if;
    build := ops.open_rollback(target, client_ids);
    publication := nextval(pg_get_serial_sequence('ops.publications', 'publication_id'));
    rows_inserted := 0;
    rows_ended := 0;
    for mart_name in
        select tablename from pg_tables where schemaname = 'published' order by tablename
    loop
        data_columns := (ops.shape_of(mart_name)).columns;
        select * into counts from ops.replace_rows(
            build, publication, mart_name, ops.rows_at(mart_name, data_columns, target)
        );
        rows_inserted := rows_inserted + counts.inserted;
        rows_ended := rows_ended + counts.ended;
    end loop;
    if rows_inserted + rows_ended = 0 then
        raise exception 'The marts are as publication % left them: nothing to take back.', target;
    end if;
    select count(distinct (p.client_id, p.month)) into client_months
    from ops.publication_manifest as p where p.publication_id = publication;
    insert into ops.publications
        (publication_id, build_id, client_months, rows_inserted, rows_ended, kind, restores, reason)
    overriding system value
    values (
        publication, build, client_months, rows_inserted, rows_ended,
        'rollback', target, given_reason
    );
    insert into ops.reopenings (publication_id, client_id, month, changes)
    select distinct
        publication, b.client_id, b.month,
        'taken back to publication ' || target || ': ' || given_reason
    from ops.build_client_months as b
    join ops.publication_manifest as p
        on p.publication_id = publication and p.client_id = b.client_id and p.month = b.month
    where b.build_id = build and b.was_final;
    -- What was taken back stays so until its data change.
    update ops.client_months as m set published_version = m.version
    from ops.build_client_months as b
    where b.build_id = build and m.client_id = b.client_id and m.month = b.month;
    publication_id := publication;
    return next;
end
$$;
