-- What `metrics_world.py` puts beside the days of its clients: attempts, usage of the API,
-- publications, alerts and their messages, failures, the cache and heartbeats.
update ops.slice_state set last_attempt = 'failed' where date_day = '2026-11-07';
update ops.slice_state set mended_from = 'adset' where date_day = '2026-11-13';
update ops.slice_state set last_attempt = 'refused' where date_day = '2026-11-12';
update ops.slice_state set confirmed_at = now() - case date_day
    when '2026-11-14' then interval '1 hour'
    -- A refused day was confirmed later than any day that stands.
    when '2026-11-08' then interval '0'
    else interval '2 days'
end;
insert into ops.failed_collections (batch_id, client_id, since, until, error, reason)
select batch_id, client_id, since, until, 'TimeoutError', 'no answer' from ops.batches
where client_id = 'acme' and since = '2026-11-07';

insert into ops.api_usage
    (client_id, calls_total, throttled_total, account_percent, app_percent)
values ('acme', 1234, 5, 92.5, 40), ('former', 9, 9, 9, 9);

insert into ops.builds
    (owner, invocation_id, is_full, as_of, state, started_at, finished_at)
select 'test', n::text, false, now(), 'published', at - interval '42 seconds', at
from (values (1, now() - interval '4 hours'), (2, now() - interval '3 hours')) as b (n, at);
insert into ops.publications
    (build_id, client_months, rows_inserted, rows_ended, published_at)
values
    (1, 9, 9, 9, now() - interval '4 hours'),
    (2, 3, 1200, 34, now() - interval '3 hours');

insert into ops.alerts (fingerprint, rule, severity, subject, state)
select n::text, case when n < 3 then 'token_dead' else 'rule' end, 'high', 'subject', state
from unnest(array['open', 'open', 'acknowledged', 'resolved'])
    with ordinality as a (state, n);
insert into ops.alert_destinations (destination, is_on, note, sent_at, failing_since)
values
    ('slack', true, null, now() - interval '2 hours', now() - interval '1 hour'),
    ('email', true, null, null, null),
    ('webhook', false, 'not set', now() - interval '1 day', now() - interval '1 hour');
insert into ops.alert_messages
    (destination, kind, content, state, attempts, created_at, not_before)
select d, 'opened', '{}', state, attempts, now() - age, now() - age + held
from (values
    ('slack', 'sent', 1, interval '3 hours', interval '0'),
    ('slack', 'sent', 1, interval '2 hours', interval '0'),
    ('slack', 'refused', 1, interval '1 hour', interval '0'),
    -- Failed twice, and asked to wait.
    ('slack', 'waiting', 2, interval '30 minutes', interval '35 minutes'),
    -- Held back by quiet hours.
    ('slack', 'waiting', 0, interval '8 hours', interval '9 hours'),
    ('email', 'waiting', 0, interval '8 hours', interval '9 hours'),
    ('gone', 'expired', 9, interval '9 days', interval '0')
) as m (d, state, attempts, age, held);
insert into ops.run_failures (run_id, job, error, reason, closed_at)
values ('r1', 'daily_refresh', 'e', 'r', null), ('r2', 'daily_refresh', 'e', 'r', now());

insert into serving.cache_reads (minute, hits, misses, stale)
values (now() - interval '2 days', 100, 20, 3), (now(), 11, 2, 0);
insert into serving.current_month_cache (client_id, month, currency, until, fresh_since,
    spend, impressions, clicks, link_clicks, refreshed_at)
select client_id, '2026-11-01', 'EUR', '2026-11-15', '2026-11-15',
    1, 1, 1, 1, now() - interval '2 hours'
from unnest(array['acme', 'former']) as c (client_id);
insert into ops.heartbeats (name, beat_at, interval_seconds)
values
    ('alert_evaluation', now() - interval '30 minutes', 300),
    ('alert_delivery', now(), 60);
