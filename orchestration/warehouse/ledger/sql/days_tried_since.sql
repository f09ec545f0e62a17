-- Client-days that were answered, refused, failed or waived after a receipt.
select d.client_id, d.date_day
from unnest(%(clients)s::text[], %(days)s::date[]) as d (client_id, date_day)
where exists (
    select 1 from ops.receipts as r
    where r.client_id = d.client_id and r.level = 'campaign' and r.date_day = d.date_day
        and r.receipt_id > %(receipt)s and r.state <> 'asked'
)
