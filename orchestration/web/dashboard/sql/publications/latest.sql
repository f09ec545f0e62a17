-- The latest ten publications.
select
    publication_id, published_at, kind, restores, reason, client_months, rows_inserted, rows_ended
from ops.publications
order by publication_id desc
limit 10
