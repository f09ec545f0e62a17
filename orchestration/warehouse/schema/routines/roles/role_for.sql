-- The role of a purpose, such as `analyst`, if the login may act as it; null otherwise.
-- Security definer: readers of the marts ask, too, and may not read ops.settings.
create or replace function ops.role_for(purpose text) returns text
language sql stable security definer
set search_path = ops, pg_temp
as $$
    select r.rolname::text from ops.settings as s
    join pg_roles as r on r.rolname = s.value
    where s.name = purpose || '_role' and ops.may_take_on(session_user, r.rolname)
$$;
