-- What was published when: as-of, fingerprints of rows, rollback, verification, pruning, month close.
create schema as_of;
create schema marts_as_of;
comment on schema as_of is 'The published rows as they were at meta_ads.as_of';
comment on schema marts_as_of is 'The marts as they were published on a day: set meta_ads.as_of = ''YYYY-MM-DD''';

alter table ops.builds drop constraint builds_state_check;
alter table ops.builds add constraint builds_state_check
check (state in ('running', 'published', 'unchanged', 'failed', 'superseded', 'rolled_back'));

alter table ops.publications
add column kind text not null default 'build' check (kind in ('build', 'rollback')),
add column restores bigint references ops.publications,
add column reason text,
add column published_by text not null default session_user,
add column pruned_at timestamptz;
comment on column ops.publications.restores is 'The publication that a rollback went back to';
comment on column ops.publications.pruned_at is 'When its rows of history were given up; its numbers are gone';

-- Candidates and the marks of those that are filled go together: a crash of the server empties both, so
-- that nothing that lost its rows is ever published.
alter table ops.build_nodes set unlogged;

alter table ops.client_months add column was_final boolean not null default false;
comment on column ops.client_months.was_final is
    'Whether the month was final when its data last changed; the next publication tells it';
alter table ops.build_client_months add column was_final boolean not null default false;

create table ops.reopenings (
    publication_id bigint not null references ops.publications deferrable initially deferred,
    client_id text not null,
    month date not null,
    changes text not null,
    reopened_at timestamptz not null default clock_timestamp(),
    primary key (publication_id, client_id, month)
);
comment on table ops.reopenings is 'Publications that changed a month after it was final, and what they changed';

-- Whatever changes published rows otherwise is stopped.
create function ops.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'Rows of %.% are changed by publications only.', tg_table_schema, tg_table_name
        using hint = 'meta-ads publications rollback takes a publication back.';
end
$$;

create function ops.begin_publishing() returns void
language sql
as $$
    select pg_advisory_xact_lock(7305004);
    select set_config('meta_ads.publishing', 'yes', true);
$$;

-- The columns that a hash was taken of; a mart that gains one leaves the hashes of before as they are.
create table ops.mart_shapes (
    shape_id integer generated always as identity primary key,
    mart text not null,
    columns text not null,
    grain text not null,
    unique (mart, columns)
);

create table ops.published_rows (
    mart text not null,
    client_id text not null,
    month date not null,
    shape_id integer not null references ops.mart_shapes,
    keys text[] not null,
    hashes bigint[] not null,
    primary key (mart, client_id, month)
);
comment on table ops.published_rows is
    'Key and hash of every published row, in an order of their own, so that one changed behind the back is named';

alter table ops.publication_manifest add column shape_id integer references ops.mart_shapes;
comment on column ops.publication_manifest.content_hash is
    'Sum of hash_record_extended of the rows, over the columns of the shape; null: from before there were shapes';
alter table ops.publication_manifest alter column content_hash drop not null;
update ops.publication_manifest set content_hash = null;

create function ops.shape_of(mart_name text) returns ops.mart_shapes
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
    select * into found from ops.mart_shapes as s where s.mart = mart_name and s.columns = column_list;
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

-- SQL for the key of a row as text, without client and month, and for its hash.
create function ops.key_sql(grain text, alias text) returns text
language sql immutable
as $$
    select coalesce('concat_ws('' '', ' || string_agg(alias || '.' || name, ', ') || ')', '''''::text')
    from unnest(string_to_array(grain, ', ')) as g (name)
    where name not in ('client_id', 'month')
$$;

create function ops.hash_sql(columns text, alias text) returns text
language sql immutable
as $$
    select 'hash_record_extended(row(' || alias || '.' || replace(columns, ', ', ', ' || alias || '.') || '), 0)'
$$;

-- The rows of a mart for the client-months of a build become those of a source: unchanged rows stay
-- untouched, ended ones move to history.
create function ops.replace_rows(
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
    where a.attrelid = format('published.%I', mart)::regclass and a.attnum > 0 and not a.attisdropped
        and t.typname in ('numeric', 'int8', 'int4') and a.attname not in ('reach', 'publication_id');

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

    execute format(
        'insert into published.%1$I (%2$s, publication_id)
        select %3$s, $2
        from %5$s as c
        join ops.build_client_months as b on b.client_id = c.client_id and b.month = c.month
        where b.build_id = $1 and b.left_out is null
            and not exists (select 1 from published.%1$I as p where %4$s)',
        mart, shape.columns, 'c.' || replace(shape.columns, ', ', ', c.'), same_key, source
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
                coalesce(array_agg(p.row_key) filter (where p.client_id is not null), ''{}'') as keys,
                coalesce(array_agg(p.row_hash) filter (where p.client_id is not null), ''{}'') as hashes,
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
        mart, coalesce(sums, ''), ops.key_sql(shape.grain, 'p'), ops.hash_sql(shape.columns, 'p'), mart
    ) using publication, shape.shape_id;
end
$$;
drop function ops.publish_mart;

-- What is published without fingerprints, from before there were any, gets them.
do $$
declare
    mart_name text;
    shape ops.mart_shapes;
begin
    for mart_name in select tablename from pg_tables where schemaname = 'published' loop
        shape := ops.shape_of(mart_name);
        execute format(
            'insert into ops.published_rows (mart, client_id, month, shape_id, keys, hashes)
            select %1$L, client_id, month, %2$s, array_agg(%3$s), array_agg(%4$s)
            from published.%1$I as p group by client_id, month',
            mart_name, shape.shape_id, ops.key_sql(shape.grain, 'p'), ops.hash_sql(shape.columns, 'p')
        );
    end loop;
end
$$;

-- How far a month is, from what is known of its days.
create function ops.month_state(latest_due_day date, last_day date, days_to_read bigint) returns text
language sql immutable
as $$
    select case
        when latest_due_day < last_day then 'open'
        when days_to_read > 0 then 'provisional'
        else 'final'
    end
$$;
comment on function ops.month_state is
    'open until its last day is due, provisional until the last reading of every owed day is done, then final';

create function ops.latest_due_day(zone text, at_time timestamptz) returns date
language sql stable
as $$
    select (
        (at_time at time zone zone)
        - make_interval(hours => coalesce(ops.setting_int('due_hour'), 4))
    )::date - 1
$$;
create or replace function ops.latest_due_day(zone text) returns date
language sql stable
as $$ select ops.latest_due_day(zone, ops.business_now()) $$;

-- Whether a day has been read for the last time: its lookback is over.
create function ops.is_read_out(date_day date, read_for date, lookback integer) returns boolean
language sql immutable
as $$ select read_for >= date_day + lookback - 1 $$;

-- Analysts call it through the marts and may read no table of the ledger.
create or replace function ops.setting_int(setting text) returns integer
language sql stable security definer
set search_path = ops, pg_temp
as $$ select value::integer from ops.settings where name = setting $$;

create view ops.standing_days as
select client_id, date_day, state, read_for
from ops.slice_state
where level = 'campaign' and state <> 'none';
comment on view ops.standing_days is 'Days with an answer: received, empty or waived, and until when they were read';

create function ops.is_final(client text, month_begin date) returns boolean
language sql stable
as $$
    select ops.month_state(
        ops.latest_due_day(c.timezone_name),
        (month_begin + interval '1 month')::date - 1,
        (
            select count(*) from ops.due_days as d
            left join ops.standing_days as s
                on d.client_id = s.client_id and d.date_day = s.date_day
            where d.client_id = client
                and d.date_day >= month_begin and d.date_day < (month_begin + interval '1 month')::date
                and s.state is distinct from 'waived'
                and ops.is_read_out(d.date_day, s.read_for, ops.setting_int('lookback_days')) is not true
        )
    ) = 'final'
    from ops.clients as c
    where c.client_id = client and c.timezone_name is not null
$$;

create or replace function ops.freeze_build(invocation text, rules text) returns bigint
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
    -- A month whose data are as published is rebuilt for its rules: it is as final as it is now.
    insert into ops.build_client_months (build_id, client_id, month, version, was_final)
    select
        build, m.client_id, m.month, m.version,
        case when m.published_version is distinct from m.version then m.was_final
            else coalesce(ops.is_final(m.client_id, m.month), false) end
    from ops.client_months as m
    where everything or m.published_version is distinct from m.version;
    perform ops.renew_statistics();
    return build;
end
$$;

-- Without them the plans of a build may take minutes instead of a second, and autovacuum comes too late for rows
-- that were collected a moment ago. Whoever builds does not own these tables.
create function ops.renew_statistics() returns void
language plpgsql security definer
set search_path = ops, pg_temp
as $$
declare
    stale record;
begin
    for stale in
        select s.relid::regclass as relation
        from pg_stat_all_tables as s
        join pg_class as c on c.oid = s.relid
        where s.relid in (
            'staging.insights'::regclass, 'staging.conversions'::regclass, 'staging.control_totals'::regclass,
            'ops.slice_state'::regclass, 'ops.build_client_months'::regclass
        )
        and (c.reltuples <= 0 or s.n_mod_since_analyze > 1000 + c.reltuples / 10)
    loop
        execute format('analyze %s', stale.relation);
    end loop;
end
$$;

create or replace function ops.publish(invocation text, marts text[], nodes text[])
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
    perform ops.begin_publishing();
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

-- Readers of the past. A day alone means its end, in UTC.
create function ops.as_of() returns timestamptz
language plpgsql stable
as $$
declare
    told text := nullif(current_setting('meta_ads.as_of', true), '');
begin
    if told is null then
        raise exception 'As of when? The marts of the past need a day.'
            using hint = 'set meta_ads.as_of = ''2026-09-03''; or a full timestamp.';
    end if;
    if told ~ '^\d{4}-\d\d-\d\d$' then
        return ((told::date + 1)::timestamp at time zone 'UTC') - interval '1 microsecond';
    end if;
    return told::timestamptz;
end
$$;

create function ops.readable_publication(wanted bigint) returns bigint
language plpgsql stable security definer
set search_path = ops, pg_temp
as $$
declare
    kept text;
begin
    if exists (select 1 from ops.publications where publication_id = wanted and pruned_at is not null) then
        select string_agg(publication_id || ' of ' || to_char(published_at, 'YYYY-MM-DD'), ', ' order by publication_id)
        into kept
        from (
            (select publication_id, published_at from ops.publications
            where publication_id < wanted and pruned_at is null order by publication_id desc limit 1)
            union all
            (select publication_id, published_at from ops.publications
            where publication_id > wanted and pruned_at is null order by publication_id limit 1)
        ) as near;
        raise exception 'Publication % was pruned: what it showed is no longer kept.', wanted
            using hint = 'The nearest that are kept: ' || coalesce(kept, 'none') || '.';
    end if;
    return wanted;
end
$$;

create function ops.as_of_publication() returns bigint
language sql stable security definer
set search_path = ops, pg_temp
as $$
    select ops.readable_publication(coalesce(max(publication_id), 0))
    from ops.publications where published_at <= ops.as_of()
$$;

create view as_of.standing_days as
select
    r.client_id,
    r.date_day,
    (array_agg(r.state order by r.receipt_id desc))[1] as state,
    max(b.read_for) as read_for
from ops.receipts as r
left join ops.batches as b on r.batch_id = b.batch_id
where r.level = 'campaign' and r.state in ('received', 'empty', 'waived')
    and r.received_at <= (select ops.as_of())
group by r.client_id, r.date_day;
comment on view as_of.standing_days is 'ops.standing_days as it was at meta_ads.as_of';

-- SQL of a mart's rows as a publication left them.
create function ops.rows_at(mart text, columns text, wanted bigint) returns text
language sql immutable
as $$
    select format(
        '(select %1$s from published.%2$I where publication_id <= %3$s
        union all
        select %1$s from history.%2$I where publication_id <= %3$s and ended_publication_id > %3$s)',
        columns, mart, wanted
    )
$$;

create function ops.open_rollback(target bigint, client_ids text[]) returns bigint
language plpgsql
as $$
declare
    build bigint;
begin
    insert into ops.builds (owner, is_full, as_of, invocation_id, state, finished_at)
    values (session_user, false, ops.business_now(), gen_random_uuid()::text, 'rolled_back', clock_timestamp())
    returning build_id into build;
    perform 1 from ops.client_months as m
    where client_ids is null or m.client_id = any(client_ids)
    order by m.client_id, m.month
    for update;
    insert into ops.build_client_months (build_id, client_id, month, version, was_final)
    select distinct build, p.client_id, p.month, m.version, coalesce(ops.is_final(p.client_id, p.month), false)
    from ops.publication_manifest as p
    join ops.client_months as m on m.client_id = p.client_id and m.month = p.month
    where p.publication_id > target and (client_ids is null or p.client_id = any(client_ids));
    return build;
end
$$;

create function ops.rollback(target bigint, client_ids text[], told_reason text)
returns table (publication_id bigint, client_months integer, rows_inserted bigint, rows_ended bigint)
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
        raise exception 'There is no publication %.', target using hint = 'meta-ads publications list';
    end if;
    build := ops.open_rollback(target, client_ids);
    publication := nextval(pg_get_serial_sequence('ops.publications', 'publication_id'));
    rows_inserted := 0;
    rows_ended := 0;
    for mart_name in select tablename from pg_tables where schemaname = 'published' order by tablename loop
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
    values (publication, build, client_months, rows_inserted, rows_ended, 'rollback', target, told_reason);
    insert into ops.reopenings (publication_id, client_id, month, changes)
    select distinct publication, b.client_id, b.month, 'taken back to publication ' || target || ': ' || told_reason
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

-- Rows that are not as they were published: their mart, client-month and key, and what is wrong.
create function ops.verify_rows()
returns table (mart text, client_id text, month date, row_key text, problem text)
language plpgsql
as $$
declare
    shape ops.mart_shapes;
begin
    for shape in select * from ops.mart_shapes order by shape_id loop
        return query execute format(
            'with told as (
                select r.client_id, r.month, t.row_key, t.hash
                from ops.published_rows as r
                cross join unnest(r.keys, r.hashes) as t (row_key, hash)
                where r.mart = %1$L and r.shape_id = %2$s
            ),
            found as (
                select p.client_id, p.month, %3$s as row_key, %4$s as hash
                from published.%1$I as p
                join ops.published_rows as r
                    on r.mart = %1$L and r.shape_id = %2$s and r.client_id = p.client_id and r.month = p.month
            )
            select %1$L, client_id, month, row_key,
                case when t.hash is null then ''was added'' when f.hash is null then ''is gone'' else ''was changed'' end
            from told as t
            full join found as f using (client_id, month, row_key)
            where t.hash is distinct from f.hash
            order by 2, 3, 4',
            shape.mart, shape.shape_id, ops.key_sql(shape.grain, 'p'), ops.hash_sql(shape.columns, 'p')
        );
    end loop;
    for mart in select tablename from pg_tables where schemaname = 'published' order by tablename loop
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

-- Client-months of earlier publications whose kept rows no longer add up to the manifest.
create function ops.verify_history()
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
                        and r.publication_id <= m.publication_id and r.ended_publication_id > m.publication_id
                ) as p
            ) as found on true
            where m.shape_id = %2$s
                and (m.row_count, m.content_hash) is distinct from (found.row_count, found.content_hash)
            order by 1, 3, 4',
            shape.mart, shape.shape_id, ops.hash_sql(shape.columns, 'p'), shape.columns
        );
    end loop;
end
$$;

-- Gives up the rows of history that no kept publication shows. Kept are the latest one, those since a
-- moment, and the last one of every calendar month.
create function ops.prune(keep_since timestamptz)
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
    for mart in select tablename from pg_tables where schemaname = 'published' order by tablename loop
        execute format(
            'delete from history.%I as h
            where not exists (
                select 1 from ops.publications as k
                where k.pruned_at is null
                    and k.publication_id >= h.publication_id and k.publication_id < h.ended_publication_id
            )',
            mart
        );
        get diagnostics removed = row_count;
        rows_removed := rows_removed + removed;
    end loop;
    delete from ops.publication_manifest as m
    using (
        select e.publication_id, e.mart, e.client_id, e.month,
            lead(e.publication_id) over (partition by e.mart, e.client_id, e.month order by e.publication_id) as ended
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

alter table ops.clients add column conversion_families text[];
comment on column ops.clients.conversion_families is
    'The families that count as conversions for this client; null: those that the seed flags';

-- The models join days to months by this expression: how many months there are is worth knowing.
create statistics staging.insights_month on (date_trunc('month', date_day::timestamp)::date), client_id
from staging.insights;
create statistics staging.conversions_month on (date_trunc('month', date_day::timestamp)::date), client_id
from staging.conversions;
create statistics staging.control_totals_month on (date_trunc('month', date_day::timestamp)::date), client_id
from staging.control_totals;
create statistics ops.slice_state_month on (date_trunc('month', date_day::timestamp)::date), client_id
from ops.slice_state;
