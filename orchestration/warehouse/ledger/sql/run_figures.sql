-- What a run asked for and received, and the latest build of a process.
select
    count(*)::integer as batches,
    coalesce(sum(b.api_calls), 0)::integer as calls,
    coalesce(sum(b.row_count), 0)::integer as rows,
    max(p.publication_id) as publication_id,
    max(p.rows_inserted + p.rows_ended) as publication_rows
from (
    select max(build_id) as build_id from ops.builds where owner = %(owner)s
) as latest
left join ops.publications as p on latest.build_id = p.build_id
full join (select * from ops.batches where run_id = %(run)s) as b on true
