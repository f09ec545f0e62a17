-- Adds the calls of a run, and keeps the latest percentages of the rate limits.
insert into ops.api_usage as u
    (client_id, calls_total, throttled_total, account_percent, app_percent)
values (%s, %s, %s, %s, %s)
on conflict (client_id) do update set
    calls_total = u.calls_total + excluded.calls_total,
    throttled_total = u.throttled_total + excluded.throttled_total,
    account_percent = excluded.account_percent,
    app_percent = excluded.app_percent,
    heard_at = clock_timestamp()
