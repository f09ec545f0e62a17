-- Opens a build for a rollback, with the client-months that changed after a publication.
create or replace function ops.open_rollback(target bigint, client_ids text[]) returns bigint
language plpgsql
as $$
declare
    build bigint;
begin
    insert into ops.builds (owner, is_full, as_of, invocation_id, state, finished_at)
    values (
        session_user, false, ops.business_now(), gen_random_uuid()::text,
        'rolled_back', clock_timestamp()
    )
    returning build_id into build;
    perform 1 from ops.client_months as m
    where client_ids is null or m.client_id = any(client_ids)
    order by m.client_id, m.month
    for update;
    insert into ops.build_client_months (build_id, client_id, month, version, was_final)
    select distinct
        build, p.client_id, p.month, m.version,
        coalesce(ops.is_final(p.client_id, p.month), false)
    from ops.publication_manifest as p
    join ops.client_months as m on m.client_id = p.client_id and m.month = p.month
    where p.publication_id > target and (client_ids is null or p.client_id = any(client_ids));
    return build;
end
$$;
