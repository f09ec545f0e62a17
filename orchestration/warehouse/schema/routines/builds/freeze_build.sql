-- Lists the client-months that the build makes, with the version of their data; returns the build.
-- Where the rules (`rules`, a hash of the models) are not those of the last publication, every
-- client-month is built again.
create or replace function ops.freeze_build(invocation text, rules text) returns bigint
language plpgsql
as $$
declare
    build bigint := ops.touch_build(invocation, 'freeze');
    everything boolean;
begin
    select b.is_full or rules is distinct from (
        select earlier.rules_hash from ops.builds as earlier
        where earlier.state in ('published', 'unchanged')
        order by earlier.build_id desc limit 1
    )
    into everything
    from ops.builds as b where b.build_id = build;
    update ops.builds set rules_hash = rules, is_full = everything where build_id = build;
    -- A month whose data are as published is rebuilt for its rules: it is as final as it is now.
    insert into ops.build_client_months (build_id, client_id, month, version, was_final)
    select
        build, m.client_id, m.month, m.version,
        case when m.published_version is distinct from m.version then m.was_final
            else coalesce(ops.is_final(m.client_id, m.month), false) end
    from ops.client_months as m
    where everything or m.published_version is distinct from m.version;
    perform ops.renew_statistics();
    return build;
end
$$;
