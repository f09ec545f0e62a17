-- Open failed collections with a day whose latest attempt failed, too.
select distinct f.client_id, f.since::text, f.until::text
from ops.failed_collections as f
inner join ops.clients as c on f.client_id = c.client_id and c.is_listed and ops.may_owe(c)
where f.closed_at is null and exists (
    select 1 from ops.slice_state as s
    where s.client_id = f.client_id and s.level = 'campaign'
        and s.date_day between f.since and f.until and s.last_attempt = 'failed'
)
