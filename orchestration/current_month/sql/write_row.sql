-- Replaces a client's row, unless a row that was asked for later is there.
insert into serving.current_month_cache as k (
    client_id, month, currency, until, fresh_since, publication_id, missing_days,
    spend, impressions, clicks, link_clicks, conversions, conversion_value, purchases,
    purchase_value, leads, conversions_null_reason, refreshed_at
)
values (
    %(client_id)s, %(month)s, %(currency)s, %(until)s, %(fresh_since)s,
    %(publication_id)s, %(missing_days)s::date[], %(spend)s, %(impressions)s,
    %(clicks)s, %(link_clicks)s, %(conversions)s, %(conversion_value)s, %(purchases)s,
    %(purchase_value)s, %(leads)s, %(conversions_null_reason)s, %(refreshed_at)s
)
on conflict (client_id) do update set (
    month, currency, until, fresh_since, publication_id, missing_days, spend,
    impressions, clicks, link_clicks, conversions, conversion_value, purchases,
    purchase_value, leads, conversions_null_reason, refreshed_at
) = (
    excluded.month, excluded.currency, excluded.until, excluded.fresh_since,
    excluded.publication_id, excluded.missing_days, excluded.spend,
    excluded.impressions, excluded.clicks, excluded.link_clicks, excluded.conversions,
    excluded.conversion_value, excluded.purchases, excluded.purchase_value,
    excluded.leads, excluded.conversions_null_reason, excluded.refreshed_at
)
where k.refreshed_at <= excluded.refreshed_at
