-- Removes from a build the client-months that a rollback took back after the build began.
-- A publication of them would undo the rollback.
create or replace function ops.drop_taken_back(build bigint) returns void
language sql security definer
set search_path = ops, pg_temp
as $$
    delete from ops.build_client_months as b
    using ops.builds as r, ops.publications as p, ops.build_client_months as t
    where b.build_id = build and r.build_id = build
        and p.kind = 'rollback' and p.publication_id > r.after_publication_id
        and t.build_id = p.build_id and t.client_id = b.client_id and t.month = b.month
$$;
