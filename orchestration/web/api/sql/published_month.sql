-- A client's month as it is published.
select
    s.*, to_char(s.month, 'YYYY-MM') as month, ops.instant(p.published_at) as refreshed_at,
    ops.received_until(s.client_id, s.month) as until
from marts.monthly_client_summary as s
left join ops.publications as p on s.publication_id = p.publication_id
where s.client_id = %s and s.month = (%s || '-01')::date and s.publication_id is not null
