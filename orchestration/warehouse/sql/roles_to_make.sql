-- Whether the roles are to be made: it is asked for, the prefix changed, a role is there by now
-- or no longer, or a restore left out what roles own and may. Only the owner of the ledger makes
-- them.
select (%(anew)s or coalesce(bool_or(
    p.value is distinct from %(prefix)s
    or s.value is distinct from r.rolname and r.rolname is not null
        and ops.may_take_on(current_user, r.rolname)
    or s.value <> '' and r.rolname is null
    or s.value <> '' and not has_schema_privilege(r.oid, 'ops', 'usage')
    or wanted.name = 'transformer' and ops.may_take_on(current_user, r.rolname) and exists (
        select 1 from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v') and c.relowner <> r.oid
        and n.nspname in ('candidate', 'audit', 'published', 'marts')
    )
), true)) and (
    select pg_has_role(nspowner, 'MEMBER') from pg_namespace where nspname = 'ops'
)
from unnest(%(roles)s::text[]) as wanted (name)
left join ops.settings as p on p.name = 'role_prefix'
left join ops.settings as s on s.name = wanted.name || '_role'
left join pg_roles as r on r.rolname = %(prefix)s || wanted.name
