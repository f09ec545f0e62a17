-- What a reader of the marts must not be able to stop, fill or become.

-- Locks of the ledger. Rows instead of advisory locks: those may be taken by whoever may log in.
create table ops.locks (name text primary key);
comment on table ops.locks is 'One row for each thing that only one session does at a time; it holds the row';
insert into ops.locks (name) values ('build'), ('node'), ('publication'), ('evaluation');

-- Held through a whole build, as a table: a row would keep vacuum from every table until the end.
create table ops.build_turn (nothing boolean);
comment on table ops.build_turn is 'Always empty: whose turn it is to build holds its lock';

create function ops.take_lock(lock_name text) returns void
language plpgsql
as $$
begin
    perform 1 from ops.locks where name = lock_name for update;
    if not found then
        raise exception 'There is no lock %.', lock_name;
    end if;
end
$$;
comment on function ops.take_lock is 'Waits until this transaction alone holds the lock';

create function ops.share_lock(lock_name text) returns void
language plpgsql
as $$
begin
    perform 1 from ops.locks where name = lock_name for share;
    if not found then
        raise exception 'There is no lock %.', lock_name;
    end if;
end
$$;
comment on function ops.share_lock is 'Waits until nobody holds the lock alone; others may share it';

-- Who may keep a lock from us: sessions that hold one of ours for longer than a moment.
create function ops.lock_holders() returns text
language sql stable
as $$
    select string_agg(told.holder, '; ' order by told.begun)
    from (
        select
            a.xact_start as begun,
            format(
                'pid %s (%s%s%s, %s%s)', a.pid, a.usename,
                ', ' || nullif(a.application_name, ''),
                ' at ' || host(a.client_addr),
                coalesce(a.state, 'at work'),
                ', in a transaction since ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ')
            ) as holder
        from pg_stat_activity as a
        where
            a.datname = current_database()
            and a.pid <> pg_backend_pid()
            and coalesce(a.xact_start <= clock_timestamp() - interval '1 second', true)
            and exists (
                select from pg_locks as l
                inner join pg_class as c on l.relation = c.oid
                inner join pg_namespace as n on c.relnamespace = n.oid
                where
                    l.pid = a.pid and l.granted
                    and l.database = (select oid from pg_database where datname = current_database())
                    and n.nspowner = (select o.nspowner from pg_namespace as o where o.nspname = 'ops')
            )
        order by a.xact_start
        limit 3
    ) as told
$$;
comment on function ops.lock_holders is 'The sessions that hold locks of the warehouse for more than a second, oldest first; null for none';

create or replace function ops.hold_build(invocation text) returns bigint
language plpgsql
as $$
declare
    build bigint;
begin
    perform ops.share_lock('node');
    select build_id into build from ops.builds where state = 'running' and invocation_id = invocation;
    if build is null then
        raise exception 'This dbt run holds no build (none was opened, or another one took over).'
            using hint = 'Run `dbt build`, or name the model with its parents: dbt run -s +model.';
    end if;
    return build;
end
$$;

create or replace function ops.supersede_build(build bigint, seen_alive_at timestamptz default 'infinity')
returns boolean
language plpgsql
as $$
begin
    perform ops.take_lock('node');
    update ops.builds set state = 'superseded', finished_at = clock_timestamp()
    where build_id = build and state = 'running' and heartbeat_at <= seen_alive_at;
    return found;
end
$$;

create or replace function ops.open_build(invocation text, full_refresh boolean) returns bigint
language plpgsql
as $$
declare
    other ops.builds;
    build bigint;
begin
    perform ops.take_lock('build');
    select * into other from ops.builds where state = 'running';
    if found and other.heartbeat_at <= clock_timestamp() - ops.build_lease() then
        perform ops.supersede_build(other.build_id, other.heartbeat_at);
        select * into other from ops.builds where state = 'running';
    end if;
    if found then
        raise exception 'Another build is running: number %, begun at %, by %.',
            other.build_id, to_char(other.started_at, 'YYYY-MM-DD HH24:MI:SS TZ'), other.owner
            using hint = 'Wait for it; if its process is gone, `meta-ads build --take-over`.';
    end if;
    insert into ops.builds (owner, is_full, as_of, invocation_id, after_publication_id)
    values (
        coalesce(nullif(current_setting('meta_ads.owner', true), ''), 'dbt alone'),
        full_refresh, ops.business_now(), invocation,
        (select coalesce(max(publication_id), 0) from ops.publications)
    )
    returning build_id into build;
    return build;
end
$$;

create or replace function ops.begin_publishing() returns void
language sql
as $$
    select ops.take_lock('publication');
    select set_config('meta_ads.publishing', 'yes', true);
$$;

-- With the rights of whoever asks: these rows belong to the role that builds, who could put a view in their place
-- whose functions would run with ours.
create or replace function ops.received_until(client text, month_begin date) returns date
language plpgsql stable security invoker
as $$
begin
    return (
        select max(d.day) from published.client_months as m
        cross join unnest(m.received_days) as d (day)
        where m.client_id = client and m.month = month_begin
    );
end
$$;
alter function ops.received_until(text, date) reset all;

-- Bounds for a role that reads: only for one that we made, and a reader may set all but the first aside.
create function ops.limit_reader(role_name text) returns void
language plpgsql
as $$
declare
    comment_on_role text := (
        select shobj_description(oid, 'pg_authid') from pg_roles where rolname = role_name
    );
begin
    if comment_on_role is null or not starts_with(comment_on_role, 'meta-ads-warehouse:') then
        return;
    end if;
    execute format('alter role %I connection limit %s', role_name, ops.setting_int('analyst_connections'));
    execute format(
        'alter role %I set statement_timeout = %L', role_name, ops.setting_int('analyst_statement_seconds') || 's'
    );
    execute format(
        'alter role %I set idle_in_transaction_session_timeout = %L', role_name,
        ops.setting_int('analyst_idle_seconds') || 's'
    );
    execute format('alter role %I set default_transaction_read_only = on', role_name);
    execute format('alter role %I set default_transaction_isolation = ''repeatable read''', role_name);
exception
    -- Made by another login, which alone may change it.
    when insufficient_privilege then null;
end
$$;

-- Functions are for the roles that need them, by name where they act with the rights of their owner.
create function ops.grant_functions(roles text[], analyst text, transformer text) returns void
language plpgsql
as $$
declare
    role_name text;
begin
    revoke execute on all functions in schema ops from public;
    foreach role_name in array roles loop
        execute format('grant execute on all functions in schema ops to %I', role_name);
        if role_name <> transformer then
            execute format(
                'revoke execute on function ops.drop_taken_back(bigint), ops.renew_statistics() from %I', role_name
            );
        end if;
        if role_name = analyst then
            execute format('revoke execute on all functions in schema ops from %I', role_name);
            execute format(
                'grant execute on function
                    ops.as_of(), ops.as_of_publication(), ops.readable_publication(bigint), ops.business_now(),
                    ops.setting_int(text), ops.latest_due_day(text), ops.latest_due_day(text, timestamptz),
                    ops.is_read_out(date, date, integer), ops.month_state(date, date, bigint), ops.role_for(text)
                to %I', role_name
            );
        end if;
    end loop;
end
$$;

alter function ops.ensure_roles(text) rename to ensure_roles_before_doors;
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    skipped text[] := ops.ensure_roles_before_doors(prefix);
    analyst text := prefix || 'analyst';
    reader text := prefix || 'marts_reader';
    loader text := prefix || 'loader';
    transformer text := prefix || 'transformer';
begin
    if not ops.ensure_role(reader, 'meta-ads-warehouse: the login of meta-ads sql') then
        skipped := skipped || reader;
    elsif not analyst = any(skipped) then
        execute format('grant %I to %I', analyst, reader);
        perform ops.limit_reader(reader);
    end if;
    if not analyst = any(skipped) then
        perform ops.limit_reader(analyst);
    end if;
    if not loader = any(skipped) then
        -- What the running month begins with.
        execute format('grant usage on schema published to %I', loader);
        execute format('grant select on all tables in schema published to %I', loader);
        perform ops.grant_later(transformer, loader, skipped, array['published']);
        execute format('grant select, update on ops.locks to %I', loader);
    end if;
    if not transformer = any(skipped) then
        execute format('grant select, update on ops.locks, ops.build_turn to %I', transformer);
    end if;
    perform ops.grant_functions(
        array(
            select r.name from unnest(array[analyst, loader, transformer, prefix || 'monitor']) as r (name)
            where not r.name = any(skipped)
        ),
        analyst, transformer
    );
    if pg_has_role((select datdba from pg_database where datname = current_database()), 'USAGE') then
        execute format('revoke temporary on database %I from public', current_database());
        if not transformer = any(skipped) then
            execute format('grant temporary on database %I to %I', current_database(), transformer);
        end if;
    end if;
    return skipped;
end
$$;
