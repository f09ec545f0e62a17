-- The server as this session sees it; `free` counts the connections that this login may still open.
select
    current_setting('server_version') as version,
    current_setting('server_encoding') as encoding,
    pg_backend_pid() as server_pid,
    pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as is_read_only,
    coalesce((select s.ssl from pg_stat_ssl as s where s.pid = pg_backend_pid()), false)
        as is_encrypted,
    m.most,
    greatest(0, m.most - (
        select count(*) from pg_stat_activity as a
        where a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
    )) as free
from (
    select least(
        current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer,
        (select nullif(d.datconnlimit, -1) from pg_database as d
            where d.datname = current_database()),
        (select nullif(r.rolconnlimit, -1) from pg_roles as r where r.rolname = current_user)
    ) as most
) as m
