-- The sessions that hold locks of the warehouse for more than a second, oldest first; null for
-- none.
create or replace function ops.lock_holders() returns text
language sql stable
as $$
    select string_agg(session.holder, '; ' order by session.begun)
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
                    and l.database = (
                        select oid from pg_database where datname = current_database()
                    )
                    and n.nspowner = (
                        select o.nspowner from pg_namespace as o where o.nspname = 'ops'
                    )
            )
        order by a.xact_start
        limit 3
    ) as session
$$;
