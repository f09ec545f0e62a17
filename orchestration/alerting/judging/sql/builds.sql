-- How the latest build ended, since when builds fail, and since when collected data wait for one.
select
    exists (select 1 from ops.builds where state = 'running') as is_running,
    l.state, l.finished_at, l.reason,
    (select min(changed_at) from ops.unbuilt_months) as waiting_since,
    (
        select min(f.finished_at) from ops.builds as f
        where f.state = 'failed' and f.build_id > coalesce(
            (select max(build_id) from ops.builds where state in ('published', 'unchanged')), 0
        )
    ) as failing_since
from (select 1) as always_one_row
left join lateral (
    select state, finished_at, reason from ops.builds where state <> 'running'
    order by build_id desc limit 1
) as l on true
