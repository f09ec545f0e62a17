-- Makes a role where it is missing, and returns whether this login may use it.
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
