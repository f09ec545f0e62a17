-- Gives up claims on days of one client. They are locked in the order in which `renew_claims` and
-- `claim_days` lock them, so no two wait for each other.
with own as (
    select client_id, date_day from ops.collection_leases
    where holder = %(holder)s and client_id = %(client)s and date_day = any(%(days)s::date[])
    order by client_id, date_day
    for update
)

delete from ops.collection_leases as l
using own
where l.client_id = own.client_id and l.date_day = own.date_day
