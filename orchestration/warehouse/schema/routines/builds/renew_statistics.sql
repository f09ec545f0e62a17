-- Analyzes the tables that a build reads where many of their rows changed, or where they know
-- nothing of a month that is built.
-- Without current statistics the queries of a build can take minutes instead of a second, and
-- autovacuum comes too late for rows that were collected a moment ago. Security definer: the role
-- that builds does not own these tables.
create or replace function ops.renew_statistics() returns void
language plpgsql security definer
set search_path = ops, pg_temp
as $$
declare
    stale record;
begin
    for stale in
        select s.relid::regclass as relation
        from pg_stat_all_tables as s
        join pg_class as c on c.oid = s.relid
        where s.relid in (
            'staging.insights'::regclass, 'staging.conversions'::regclass,
            'staging.control_totals'::regclass, 'ops.slice_state'::regclass,
            'ops.build_client_months'::regclass
        )
        and (
            c.reltuples <= 0
            or s.n_mod_since_analyze > 1000 + c.reltuples / 10
            or ops.lacks_months(s.relid)
            -- Small, and every build is new: no row at all of it is expected otherwise.
            or s.relid = 'ops.build_client_months'::regclass
        )
    loop
        execute format('analyze %s', stale.relation);
    end loop;
end
$$;
