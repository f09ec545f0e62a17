-- Publishes a build in one transaction and returns what changed; publication_id is null if nothing
-- did.
create or replace function ops.publish(invocation text, marts text[], nodes text[])
returns table (
    publication_id bigint, client_months integer, rows_inserted bigint, rows_ended bigint,
    left_out integer
)
language plpgsql
set lock_timeout = '5s'
as $$
#variable_conflict use_column
declare
    build bigint;
    publication bigint;
    mart text;
    counts record;
    missing text;
begin
    perform ops.begin_publishing();
    build := ops.touch_build(invocation, 'publication');
    select string_agg(n.name, ', ') into missing
    from unnest(nodes) as n (name)
    where not exists (
        select 1 from ops.build_nodes as d where d.build_id = build and d.node = n.name
    );
    if missing is not null then
        raise exception 'Not built in this run, so not published: %.', missing
            using hint = 'Run `dbt build` without a selection, or with +publication.';
    end if;

    perform ops.leave_out(build);
    publication := nextval(pg_get_serial_sequence('ops.publications', 'publication_id'));
    rows_inserted := 0;
    rows_ended := 0;
    foreach mart in array marts loop
        select * into counts
        from ops.replace_rows(build, publication, mart, format('candidate.%I', mart));
        rows_inserted := rows_inserted + counts.inserted;
        rows_ended := rows_ended + counts.ended;
    end loop;

    -- What was left out is in hand again at the next build, also where nothing of it has changed.
    update ops.client_months as m
    set published_version = case when b.left_out is null then b.version end,
        was_final = m.was_final and b.left_out is not null
    from ops.build_client_months as b
    where b.build_id = build
        and m.client_id = b.client_id and m.month = b.month;
    select count(*) into left_out from ops.build_client_months as b
    where b.build_id = build and b.left_out is not null;

    if rows_inserted + rows_ended > 0 then
        select count(distinct (p.client_id, p.month)) into client_months
        from ops.publication_manifest as p where p.publication_id = publication;
        insert into ops.publications
            (publication_id, build_id, client_months, rows_inserted, rows_ended)
        overriding system value
        values (publication, build, client_months, rows_inserted, rows_ended);
        insert into ops.reopenings (publication_id, client_id, month, changes)
        select publication, f.client_id, f.month, string_agg(f.detail, '; ' order by f.detail)
        from audit.audit_findings as f
        join ops.build_client_months as b
            on b.build_id = build and b.client_id = f.client_id and b.month = f.month
        where f."check" = 'final_month_changed' and b.left_out is null
        group by f.client_id, f.month;
        publication_id := publication;
    end if;
    update ops.builds set
        state = case when rows_inserted + rows_ended > 0 then 'published' else 'unchanged' end,
        finished_at = clock_timestamp()
    where build_id = build;
    return next;
end
$$;
