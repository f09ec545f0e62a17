-- Client-months of builds that ended long ago, except what is still asked for: the latest finished
-- build with each client-month, all of the latest finished build, and what left out the data that a
-- client-month has now.
t.build_id < coalesce(
    (
        select min(b.build_id) from ops.builds as b
        where b.state = 'running' or b.finished_at >= %(before)s
    ),
    (select max(b.build_id) from ops.builds as b)
)
and t.build_id is distinct from (
    select max(b.build_id) from ops.builds as b where b.state in ('published', 'unchanged')
)
and not (
    t.left_out is not null and exists (
        select 1 from ops.client_months as m
        where m.client_id = t.client_id and m.month = t.month and m.version = t.version
    )
)
and (
    exists (
        select 1 from ops.build_client_months as n
        inner join ops.builds as b on n.build_id = b.build_id
        where n.client_id = t.client_id and n.month = t.month and n.build_id > t.build_id
            and b.state in ('published', 'unchanged', 'rolled_back')
    )
    or not exists (
        select 1 from ops.builds as b
        where b.build_id = t.build_id and b.state in ('published', 'unchanged', 'rolled_back')
    )
)
