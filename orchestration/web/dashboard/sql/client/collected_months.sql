-- The months of a client before the marts exist.
select
    month, null as month_state, null as days_received, null as days_owed, null as missing_days,
    null as currency, null as spend, null as conversions, null as conversions_null_reason,
    null as publication_id, true as is_waiting, null as left_out
from ops.client_months where client_id = %(client)s order by month desc limit 60
