-- Makes the roles and gives each the rights that it needs; called again after every change of the
-- schema. Returns the roles that this login may neither make nor use.
-- Roles belong to the whole server, so that their names begin with a prefix, which is a setting.
create or replace function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    transformer text := prefix || 'transformer';
    analyst text := prefix || 'analyst';
    loader text := prefix || 'loader';
    monitor text := prefix || 'monitor';
    reader text := prefix || 'marts_reader';
    skipped text[] := '{}';
    wanted record;
    builder text;
begin
    for wanted in
        select * from (values
            (1, transformer, 'meta-ads-warehouse: builds and publishes (dbt)'),
            (2, analyst, 'meta-ads-warehouse: reads the marts'),
            (3, loader, 'meta-ads-warehouse: collects'),
            (4, monitor, 'meta-ads-warehouse: reads the ledger, the findings and the marts'),
            (5, reader, 'meta-ads-warehouse: the login of meta-ads sql')
        ) as r (place, role_name, purpose)
        order by r.place
    loop
        if not ops.ensure_role(wanted.role_name, wanted.purpose) then
            skipped := skipped || wanted.role_name;
        end if;
    end loop;
    builder := case when not transformer = any(skipped) then transformer end;

    if builder is not null then
        perform ops.grant_transformer(builder);
    end if;
    if not analyst = any(skipped) then
        perform ops.grant_analyst(analyst, builder);
    end if;
    if not monitor = any(skipped) then
        perform ops.grant_monitor(monitor, builder);
    end if;
    if not loader = any(skipped) then
        perform ops.grant_loader(loader, builder);
    end if;
    if not reader = any(skipped) and not analyst = any(skipped) then
        execute format('grant %I to %I', analyst, reader);
        perform ops.limit_reader(reader);
    end if;
    perform ops.grant_functions(
        array(
            select r.role_name
            from unnest(array[analyst, loader, transformer, monitor]) as r (role_name)
            where not r.role_name = any(skipped)
        ),
        analyst, transformer
    );
    perform ops.limit_temporary_tables(builder);
    return skipped;
end
$$;
