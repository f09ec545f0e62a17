-- The build's fence and the publication itself: row changes in one transaction, never DDL.
create table ops.definitions (
    relation text primary key,
    definition text not null
);
comment on table ops.definitions is 'What each view and candidate was made from, so that it is left alone';

alter table ops.builds add column invocation_id text not null unique;

-- Takes the lease. Refused while another build shows signs of life.
create function ops.open_build(invocation text, full_refresh boolean) returns bigint
language plpgsql
as $$
declare
    lease constant interval := '10 minutes';
    other ops.builds;
    build bigint;
begin
    perform pg_advisory_xact_lock(7305003);
    select * into other from ops.builds where state = 'running';
    if found then
        if other.heartbeat_at > clock_timestamp() - lease then
            raise exception 'Another build is running: number %, begun at %, by %.',
                other.build_id, to_char(other.started_at, 'YYYY-MM-DD HH24:MI:SS TZ'), other.owner
                using hint = 'Wait for it; if its process is gone, `meta-ads build --take-over`.';
        end if;
        update ops.builds set state = 'superseded', finished_at = clock_timestamp()
        where build_id = other.build_id;
    end if;
    insert into ops.builds (owner, is_full, as_of, invocation_id)
    values (
        coalesce(nullif(current_setting('meta_ads.owner', true), ''), 'dbt alone'),
        full_refresh, ops.business_now(), invocation
    )
    returning build_id into build;
    return build;
end
$$;

-- Fixes what the build rebuilds, with the version of the slices. Other rules than at the last
-- publication: every client-month is built again.
create function ops.freeze_build(invocation text, rules text) returns bigint
language plpgsql
as $$
declare
    build bigint := ops.touch_build(invocation, 'freeze');
    everything boolean;
begin
    select b.is_full or rules is distinct from (
        select earlier.rules_hash from ops.builds as earlier
        where earlier.state in ('published', 'unchanged')
        order by earlier.build_id desc limit 1
    )
    into everything
    from ops.builds as b where b.build_id = build;
    update ops.builds set rules_hash = rules, is_full = everything where build_id = build;
    insert into ops.build_client_months (build_id, client_id, month, version)
    select build, m.client_id, m.month, m.version
    from ops.client_months as m
    where everything or m.published_version is distinct from m.version;
    return build;
end
$$;

create function ops.touch_build(invocation text, node_name text) returns bigint
language plpgsql
as $$
declare
    build bigint;
begin
    update ops.builds set heartbeat_at = clock_timestamp()
    where state = 'running' and invocation_id = invocation
    returning build_id into build;
    if build is null then
        raise exception 'This dbt run holds no build (none was opened, or another one took over).'
            using hint = 'Run `dbt build`, or name the model with its parents: dbt run -s +model.';
    end if;
    insert into ops.build_nodes (build_id, node) values (build, node_name)
    on conflict (build_id, node) do update set refreshed_at = clock_timestamp();
    return build;
end
$$;

create function ops.end_build(invocation text) returns void
language sql
as $$
    update ops.builds set state = 'failed', finished_at = clock_timestamp()
    where state = 'running' and invocation_id = invocation
$$;

-- Why a client-month of the build is not published; the reason stays with the build.
create function ops.leave_out(build bigint) returns void
language plpgsql
as $$
begin
    -- Locked in one order, against promotions that bring a new version.
    perform 1 from ops.client_months as m
    join ops.build_client_months as b on b.client_id = m.client_id and b.month = m.month
    where b.build_id = build
    order by m.client_id, m.month
    for update of m;

    update ops.build_client_months as b set left_out = 'its data changed during the build'
    from ops.client_months as m
    where b.build_id = build and m.client_id = b.client_id and m.month = b.month
        and m.version <> b.version;

    update ops.build_client_months as b set left_out = f.reasons
    from (
        select client_id, month, string_agg(distinct "check", ', ') as reasons
        from audit.audit_findings where severity = 'blocking' group by client_id, month
    ) as f
    where b.build_id = build and b.left_out is null
        and f.client_id = b.client_id and f.month = b.month;

    update ops.build_client_months as b set left_out = 'the published month has more days'
    from published.client_months as p, candidate.client_months as c
    where b.build_id = build and b.left_out is null
        and p.client_id = b.client_id and p.month = b.month
        and c.client_id = b.client_id and c.month = b.month
        and p.received_days @> c.received_days and not c.received_days @> p.received_days;
end
$$;

create function ops.publish_mart(build bigint, publication bigint, mart text, out inserted bigint, out ended bigint)
language plpgsql
as $$
declare
    columns text;
    grain text;
    sums text;
begin
    select
        string_agg(quote_ident(a.attname), ', ' order by a.attnum),
        string_agg(
            format('%L, sum(%I)', a.attname, a.attname), ', ' order by a.attnum
        ) filter (where t.typname in ('numeric', 'int8', 'int4') and a.attname <> 'reach')
    into columns, sums
    from pg_attribute as a
    join pg_type as t on t.oid = a.atttypid
    where a.attrelid = format('candidate.%I', mart)::regclass and a.attnum > 0 and not a.attisdropped;

    select string_agg(format('c.%1$I = p.%1$I', a.attname), ' and ')
    into grain
    from pg_index as i
    join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = format('published.%I', mart)::regclass and i.indisprimary;

    execute format(
        'with ended as (
            delete from published.%1$I as p
            using ops.build_client_months as b
            where b.build_id = $1 and b.left_out is null
                and p.client_id = b.client_id and p.month = b.month
                and not exists (
                    select 1 from candidate.%1$I as c
                    where %3$s and row(c.%4$s) is not distinct from row(p.%5$s)
                )
            returning p.*
        )
        insert into history.%1$I (%2$s, publication_id, ended_publication_id)
        select %2$s, publication_id, $2 from ended',
        mart, columns, grain, replace(columns, ', ', ', c.'), replace(columns, ', ', ', p.')
    ) using build, publication;
    get diagnostics ended = row_count;

    execute format(
        'insert into published.%1$I (%2$s, publication_id)
        select %3$s, $2
        from candidate.%1$I as c
        join ops.build_client_months as b on b.client_id = c.client_id and b.month = c.month
        where b.build_id = $1 and b.left_out is null
            and not exists (select 1 from published.%1$I as p where %4$s)',
        mart, columns, 'c.' || replace(columns, ', ', ', c.'), grain
    ) using build, publication;
    get diagnostics inserted = row_count;

    -- The manifest names the client-months that this publication changed in this mart.
    execute format(
        'insert into ops.publication_manifest
        select $1, %2$L, t.client_id, t.month, count(p.client_id),
            jsonb_build_object(%4$s), coalesce(md5(string_agg(row(%3$s)::text, e''\n'' order by row(%3$s)::text)), '''')
        from (
            select client_id, month from published.%1$I where publication_id = $1
            union
            select client_id, month from history.%1$I where ended_publication_id = $1
        ) as t
        left join published.%1$I as p using (client_id, month)
        group by t.client_id, t.month',
        mart, mart, columns, coalesce(sums, '')
    ) using publication;
end
$$;

create function ops.publish(invocation text, marts text[], nodes text[])
returns table (
    publication_id bigint, client_months integer, rows_inserted bigint, rows_ended bigint, left_out integer
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
    perform pg_advisory_xact_lock(7305004);
    build := ops.touch_build(invocation, 'publication');
    select string_agg(n.name, ', ') into missing
    from unnest(nodes) as n (name)
    where not exists (select 1 from ops.build_nodes as d where d.build_id = build and d.node = n.name);
    if missing is not null then
        raise exception 'Not built in this run, so not published: %.', missing
            using hint = 'Run `dbt build` without a selection, or with +publication.';
    end if;

    perform ops.leave_out(build);
    publication := nextval(pg_get_serial_sequence('ops.publications', 'publication_id'));
    rows_inserted := 0;
    rows_ended := 0;
    foreach mart in array marts loop
        select * into counts from ops.publish_mart(build, publication, mart);
        rows_inserted := rows_inserted + counts.inserted;
        rows_ended := rows_ended + counts.ended;
    end loop;

    -- What was left out is in hand again at the next build, also where nothing of it has changed.
    update ops.client_months as m
    set published_version = case when b.left_out is null then b.version end
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
        publication_id := publication;
    end if;
    update ops.builds set
        state = case when rows_inserted + rows_ended > 0 then 'published' else 'unchanged' end,
        finished_at = clock_timestamp()
    where build_id = build;
    return next;
end
$$;
