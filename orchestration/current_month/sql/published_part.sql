-- What the marts show of a client's month.
select
    s.spend, s.impressions, s.clicks, s.link_clicks, s.conversions, s.conversion_value,
    s.purchases, s.purchase_value, s.leads, s.conversions_null_reason,
    s.currency, s.publication_id, s.missing_days,
    ops.received_until(s.client_id, s.month) as received_until
from marts.monthly_client_summary as s
where s.client_id = %(client_id)s and s.month = %(month)s and s.publication_id is not null
