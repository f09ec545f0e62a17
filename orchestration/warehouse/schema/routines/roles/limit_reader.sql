-- Sets the limits of a role that reads; only of a role that this program made.
-- A reader may set all of them but the first aside.
create or replace function ops.limit_reader(role_name text) returns void
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
    execute format(
        'alter role %I connection limit %s', role_name, ops.setting_int('analyst_connections')
    );
    execute format(
        'alter role %I set statement_timeout = %L', role_name,
        ops.setting_int('analyst_statement_seconds') || 's'
    );
    execute format(
        'alter role %I set idle_in_transaction_session_timeout = %L', role_name,
        ops.setting_int('analyst_idle_seconds') || 's'
    );
    execute format('alter role %I set default_transaction_read_only = on', role_name);
    execute format(
        'alter role %I set default_transaction_isolation = ''repeatable read''', role_name
    );
exception
    -- Made by another login, which alone may change it.
    when insufficient_privilege then null;
end
$$;
