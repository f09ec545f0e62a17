-- The latest month of each client, or every month of a range of days.
with summaries as (
    select
        client_id, month, currency, spend, impressions, clicks, conversions, days_owed,
        days_received, month_state, max(month) over (partition by client_id) as latest
    from marts.monthly_client_summary
    where publication_id is not null and client_id = any(%(clients)s)
)
select
    c.client_id, s.month, s.currency, s.spend, s.impressions, s.clicks, s.conversions,
    s.days_owed, s.days_received, s.month_state
from ops.clients as c
left join summaries as s
    on c.client_id = s.client_id
        and s.month >= coalesce(date_trunc('month', %(since)s::date)::date, s.latest)
        and s.month <= coalesce(%(until)s::date, s.month)
where c.is_listed and c.client_id = any(%(clients)s)
order by c.client_id, s.month
