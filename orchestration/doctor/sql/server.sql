-- The server as this session sees it; `free` counts the connections that this login may still open,
-- by the limits of the server, of the database and of the login.
select
    current_setting('server_version') as version,
    current_setting('server_encoding') as encoding,
    pg_backend_pid() as server_pid,
    pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as is_read_only,
    coalesce((select s.ssl from pg_stat_ssl as s where s.pid = pg_backend_pid()), false)
        as is_encrypted,
    least(server.most, d.datconnlimit, r.rolconnlimit) as most,
    greatest(0, least(
        server.most - (select sum(s.numbackends) from pg_stat_database as s),
        d.datconnlimit
        - (select s.numbackends from pg_stat_database as s where s.datname = d.datname),
        r.rolconnlimit
        - (select count(*) from pg_stat_activity as a where a.usename = r.rolname)
    )) as free
from (
    select
        current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer as most
) as server
cross join (
    select datname, nullif(datconnlimit, -1) as datconnlimit
    from pg_database where datname = current_database()
) as d
cross join (
    select rolname, nullif(rolconnlimit, -1) as rolconnlimit
    from pg_roles where rolname = current_user
) as r
