-- The months of a client, newest first, a row for each currency. What is left out counts only while
-- the data still wait to be published.
select
    m.month, s.month_state, s.days_received, s.days_owed, s.missing_days,
    t.currency, t.spend, t.conversions, t.conversions_null_reason, t.publication_id,
    m.published_version is distinct from m.version as is_waiting, l.left_out
from ops.client_months as m
left join marts.client_month_states as s
    on m.client_id = s.client_id and m.month = s.month and s.publication_id is not null
left join marts.monthly_client_summary as t
    on m.client_id = t.client_id and m.month = t.month and t.client_id = %(client)s
        and t.publication_id is not null
left join lateral ops.latest_build_of(m.client_id, m.month) as l
    on m.published_version is distinct from m.version
where m.client_id = %(client)s
order by m.month desc, t.currency
limit 60
