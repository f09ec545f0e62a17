-- The latest publication: its age, how long its build took, and what it changed.
select
    extract(epoch from clock_timestamp() - p.published_at) as age,
    extract(epoch from b.finished_at - b.started_at) as duration,
    p.client_months, p.rows_inserted, p.rows_ended
from ops.publications as p
left join ops.builds as b on p.build_id = b.build_id
order by p.publication_id desc
limit 1
