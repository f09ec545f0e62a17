-- Renews all claims of a collection. They are locked in the order in which others claim days.
with own as (
    select client_id, date_day from ops.collection_leases
    where holder = %(holder)s
    order by client_id, date_day
    for update
)

update ops.collection_leases as l
set expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
from own
where l.client_id = own.client_id and l.date_day = own.date_day
