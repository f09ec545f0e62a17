-- How many attempts for days failed, and when the next one is due; the instants of the failed ones
-- once there is no next one and a person has to decide.
select
    s.client_id, s.date_day::text as day, s.failed_attempts as failed,
    ops.pause_after(s.failed_attempts) is null as is_given_up,
    s.last_attempt_at + ops.pause_after(s.failed_attempts) as next_at,
    case when ops.pause_after(s.failed_attempts) is null then (
        select array_agg(t.received_at order by t.receipt_id)
        from (
            select r.received_at, r.receipt_id from ops.all_receipts as r
            where r.client_id = s.client_id and r.level = 'campaign' and r.date_day = s.date_day
                and r.state in ('failed', 'refused')
            order by r.receipt_id desc
            limit s.failed_attempts
        ) as t
    ) end as failed_at
from unnest(%(clients)s::text[], %(days)s::date[]) as w (client_id, date_day)
inner join ops.slice_state as s
    on w.client_id = s.client_id and s.level = 'campaign' and w.date_day = s.date_day
where s.failed_attempts > 0
