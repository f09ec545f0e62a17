-- Each role of the ledger: whether it is there, and whether its sessions are bounded.
select
    wanted.name,
    r.oid is not null as is_there,
    coalesce(r.rolconnlimit >= 0 and r.rolconfig::text like '%%statement_timeout%%', false)
        as is_bounded
from unnest(%s::text[]) as wanted (name)
left join ops.settings as s on s.name = wanted.name || '_role' and s.value <> ''
left join pg_roles as r on r.rolname = s.value
