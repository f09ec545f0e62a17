-- The latest change of each final month, unless a person has closed an alert about it since.
select distinct on (r.client_id, r.month)
    r.client_id, to_char(r.month, 'YYYY-MM') as month, r.publication_id, r.changes, r.reopened_at
from ops.reopenings as r
inner join ops.clients as c on r.client_id = c.client_id and c.is_listed
left join ops.alerts as a
    on a.state <> 'resolved' and a.rule = 'final_month_changed' and a.client_id = r.client_id
        and a.facts ->> 'month' = to_char(r.month, 'YYYY-MM')
where
    (a.alert_id is not null or r.reopened_at > clock_timestamp() - make_interval(days => %(days)s))
    and not exists (
        select 1 from ops.alerts as k
        where k.rule = 'final_month_changed' and k.client_id = r.client_id
            and k.facts ->> 'month' = to_char(r.month, 'YYYY-MM')
            and k.state = 'resolved' and k.resolved_at > r.reopened_at
    )
order by r.client_id, r.month, r.publication_id desc
