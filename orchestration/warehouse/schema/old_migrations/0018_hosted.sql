-- Logins that are no superusers. Since Postgres 16 whoever makes a role is its member with the right to hand it
-- out, but may neither take it on nor use its rights until it grants itself both.
create function ops.may_take_on(login name, role_name name) returns boolean
language plpgsql stable
as $$
begin
    if current_setting('server_version_num')::integer < 160000 then
        return pg_has_role(login, role_name, 'MEMBER');
    end if;
    -- An older server does not know this kind of right.
    return pg_has_role(login, role_name, 'SET') and pg_has_role(login, role_name, 'USAGE');
end
$$;

create or replace function ops.ensure_role(role_name text, purpose text) returns boolean
language plpgsql
as $$
begin
    if not exists (select 1 from pg_roles where rolname = role_name) then
        begin
            execute format('create role %I login', role_name);
            execute format('comment on role %I is %L', role_name, purpose);
        exception
            when insufficient_privilege then return false;
            when duplicate_object or unique_violation then null;
        end;
    end if;
    if not ops.may_take_on(current_user, role_name) then
        execute format(
            'grant %I to current_user %s', role_name,
            case
                when current_setting('server_version_num')::integer >= 160000
                    then 'with set true, inherit true'
                else ''
            end
        );
    end if;
    return true;
exception when insufficient_privilege then return false;
end
$$;

create or replace function ops.role_for(purpose text) returns text
language sql stable security definer
set search_path = ops, pg_temp
as $$
    select r.rolname::text from ops.settings as s
    join pg_roles as r on r.rolname = s.value
    where s.name = purpose || '_role' and ops.may_take_on(session_user, r.rolname)
$$;
