left join (
    select client_id, month, days_owed, days_received, is_complete from {schema}.client_month_states
) as s on m.client_id = s.client_id and date_trunc('month', m.{period})::date = s.month
