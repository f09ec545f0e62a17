-- Lets a role read the tables and views that are made later in some schemas, by this login or by
-- the role that builds (null where that is not there).
create or replace function ops.grant_later(role_name text, transformer text, schemas text[])
returns void
language plpgsql
as $$
declare
    schema_name text;
    maker text;
begin
    foreach schema_name in array schemas loop
        for maker in
            select current_user::text union select transformer where transformer is not null
        loop
            execute format(
                'alter default privileges for role %I in schema %I grant select on tables to %I',
                maker, schema_name, role_name
            );
        end loop;
    end loop;
end
$$;
