-- Whether a login may act as a role and use its rights.
-- Since Postgres 16 a login that makes a role and is no superuser may hand the role out, but may
-- neither act as it nor use its rights until it grants itself both.
create or replace function ops.may_take_on(login name, role_name name) returns boolean
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
