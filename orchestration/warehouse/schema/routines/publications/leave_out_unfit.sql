-- Leaves out what changed during the build, has a blocking finding, or would lose days.
-- The reason stays with the build.
create or replace function ops.leave_out_unfit(build bigint) returns void
language plpgsql
as $$
begin
    -- Locked in one order, against promotions that bring a new version.
    perform 1 from ops.client_months as m
    join ops.build_client_months as b on b.client_id = m.client_id and b.month = m.month
    where b.build_id = build
    order by m.client_id, m.month
    for update of m;

    update ops.build_client_months as b set left_out = 'its data changed during the build'
    from ops.client_months as m
    where b.build_id = build and m.client_id = b.client_id and m.month = b.month
        and m.version <> b.version;

    update ops.build_client_months as b set left_out = f.reasons
    from (
        select client_id, month, string_agg(distinct "check", ', ') as reasons
        from audit.audit_findings where severity = 'blocking' group by client_id, month
    ) as f
    where b.build_id = build and b.left_out is null
        and f.client_id = b.client_id and f.month = b.month;

    update ops.build_client_months as b set left_out = 'the published month has more days'
    from published.client_months as p, candidate.client_months as c
    where b.build_id = build and b.left_out is null
        and p.client_id = b.client_id and p.month = b.month
        and c.client_id = b.client_id and c.month = b.month
        and p.received_days @> c.received_days and not c.received_days @> p.received_days;
end
$$;
