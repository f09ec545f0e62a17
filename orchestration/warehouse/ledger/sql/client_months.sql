-- The latest month of each client, or every month from a day on.
select
    c.client_id, s.month, s.currency, s.spend, s.impressions, s.clicks, s.conversions,
    s.days_owed, s.days_received, s.month_state
from ops.clients as c
left join marts.monthly_client_summary as s
    on c.client_id = s.client_id and s.publication_id is not null
        and s.month >= coalesce(
            date_trunc('month', %(since)s::date)::date,
            (
                select max(m.month) from marts.monthly_client_summary as m
                where m.client_id = c.client_id and m.publication_id is not null
            )
        )
where c.is_listed and c.client_id = any(%(clients)s)
order by c.client_id, s.month
