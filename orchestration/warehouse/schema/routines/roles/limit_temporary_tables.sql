-- Lets only the role that builds make temporary tables, where this login owns the database.
-- Every login may make them otherwise, and fill the disk.
create or replace function ops.limit_temporary_tables(transformer text) returns void
language plpgsql
as $$
declare
    is_owner boolean := (
        select pg_has_role(datdba, 'USAGE') from pg_database where datname = current_database()
    );
begin
    if not is_owner then
        return;
    end if;
    execute format('revoke temporary on database %I from public', current_database());
    if transformer is not null then
        execute format('grant temporary on database %I to %I', current_database(), transformer);
    end if;
end
$$;
