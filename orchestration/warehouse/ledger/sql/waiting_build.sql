-- The build that is due: data have waited long enough, none runs, the pause after failures is over.
with waiting as (
    select max(version) as version, min(changed_at) as since from ops.unbuilt_months
),

failed as (
    select count(*)::integer as builds, max(f.finished_at) as at from ops.builds as f
    where f.state = 'failed' and f.build_id > coalesce(
        (select max(build_id) from ops.builds where state in ('published', 'unchanged')), 0
    )
)

select format('build-%%s-%%s', w.version, f.builds)
from waiting as w
cross join failed as f
where w.since <= clock_timestamp() - make_interval(secs => %(settled)s)
    and not exists (select 1 from ops.builds where state = 'running')
    and (f.builds = 0 or f.at + ops.pause_after(f.builds) <= clock_timestamp())
