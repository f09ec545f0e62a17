-- Fills staging with the account's own totals.
insert into staging.control_totals (
    client_id, account_id, date_day, currency, spend, impressions, reach, clicks, link_clicks,
    batch_id
)
select
    client_id, account_id, date_start::date, account_currency, spend::numeric,
    impressions::bigint, reach::bigint, coalesce(clicks, '0')::bigint,
    coalesce(inline_link_clicks, '0')::bigint, batch_id
from landing.unfolded_insights
where batch_id = %(batch)s and level = 'account' and date_start = any(%(texts)s)
