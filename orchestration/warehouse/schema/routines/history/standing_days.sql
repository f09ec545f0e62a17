-- ops.standing_days as it was at `meta_ads.as_of`.
create or replace view as_of.standing_days as
select
    r.client_id,
    r.date_day,
    (array_agg(r.state order by r.receipt_id desc))[1] as state,
    case
        when c.account_since > r.date_day then 'infinity'::date
        else max(b.read_for)
    end as read_for
from ops.all_receipts as r
left join ops.batches as b on r.batch_id = b.batch_id
left join ops.clients as c
    on r.client_id = c.client_id and c.account_changed_at <= (select ops.as_of())
where r.level = 'campaign' and r.state in ('received', 'empty', 'waived')
    and r.received_at <= (select ops.as_of())
group by r.client_id, r.date_day, c.account_since;
