-- Gives the role that reads the marts its rights and its limits.
-- It uses the schema ops because the marts call functions of it; it may read none of its tables.
create or replace function ops.grant_analyst(role_name text, transformer text) returns void
language plpgsql
as $$
begin
    execute format('grant usage on schema ops, marts, marts_as_of to %I', role_name);
    execute format('grant select on all tables in schema marts, marts_as_of to %I', role_name);
    perform ops.grant_later(role_name, transformer, array['marts', 'marts_as_of']);
    perform ops.limit_reader(role_name);
end
$$;
