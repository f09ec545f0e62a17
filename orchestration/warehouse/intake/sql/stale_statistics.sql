-- Tables of which many rows changed since they were analyzed: the first rule of
-- ops.renew_statistics, which a build calls and which this login may not call, if it is not the
-- owner.
select s.relid::regclass::text
from pg_stat_all_tables as s
inner join pg_class as c on s.relid = c.oid
where s.relid in (
    'staging.insights'::regclass, 'staging.conversions'::regclass,
    'staging.control_totals'::regclass, 'ops.slice_state'::regclass
)
and (c.reltuples <= 0 or s.n_mod_since_analyze > 1000 + c.reltuples / 10)
