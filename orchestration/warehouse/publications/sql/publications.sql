-- Publications, newest first, with the business time of their builds.
select
    p.publication_id, p.published_at, p.kind, p.published_by, p.build_id,
    b.as_of as business_time, p.client_months, p.rows_inserted, p.rows_ended,
    p.restores, p.reason, p.pruned_at
from ops.publications as p
left join ops.builds as b on p.build_id = b.build_id
where p.publication_id = coalesce(%s, p.publication_id)
order by p.publication_id desc
limit %s
