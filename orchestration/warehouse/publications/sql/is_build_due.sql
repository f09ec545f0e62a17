-- Would a build find something to do?
select
    -- the client-months that ops.freeze_build takes in hand,
    exists (select 1 from ops.client_months where published_version is distinct from version)
    -- a relation that dbt made and that is gone,
    or exists (
        select 1 from ops.definitions
        where right(relation, 9) <> ' comments' and to_regclass(relation) is null
    )
    -- another project than the one that was built last, or a build that did not go well.
    or (select project_digest from ops.builds order by build_id desc limit 1) is distinct from %s
