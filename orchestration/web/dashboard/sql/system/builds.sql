-- The latest builds, and what became of their client-months.
select
    b.build_id, b.state, b.is_full, b.started_at, b.finished_at, p.publication_id,
    (select count(*) from ops.build_client_months as m where m.build_id = b.build_id) as months,
    (
        select count(*) from ops.build_client_months as m
        where m.build_id = b.build_id and m.left_out is not null
    ) as left_out
from ops.builds as b
left join ops.publications as p on b.build_id = p.build_id
order by b.build_id desc
limit 5
