-- The client-months of the period that lack days.
select client_id, month, days_owed, days_received, month_state
from {schema}.client_month_states
where not is_complete
    and month between coalesce(date_trunc('month', %(since)s::date)::date, '-infinity')
        and coalesce(%(until)s::date, 'infinity')
    and (cardinality(%(clients)s::text[]) = 0 or client_id = any(%(clients)s))
order by client_id, month
