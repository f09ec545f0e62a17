-- A publication with its build and the publications before and after it.
select
    p.*, b.as_of as business_time, b.started_at, b.is_full,
    e.publication_id as previous_id, e.pruned_at as previous_pruned_at,
    (
        select min(later.publication_id) from ops.publications as later
        where later.publication_id > p.publication_id
    ) as next_id
from ops.publications as p
left join lateral (
    select earlier.publication_id, earlier.pruned_at from ops.publications as earlier
    where earlier.publication_id < p.publication_id
    order by earlier.publication_id desc
    limit 1
) as e on true
left join ops.builds as b on p.build_id = b.build_id
where p.publication_id = %s
