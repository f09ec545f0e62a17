-- What is left of a client that was read every morning for years, each day again for four weeks. Meta restated each
-- day at the age of two and of eight days, so three batches landed rows of it.
insert into ops.receipts (client_id, level, date_day, state, row_count, batch_id, received_at)
select
    b.client_id, l.level, d.day::date, s.state, case when s.place > 1 then 1 end, b.batch_id,
    b.asked_at + (s.place - 1) * interval '1 minute'
from ops.batches as b
cross join generate_series(b.since::timestamp, b.until, interval '1 day') as d (day)
cross join (values ('account'), ('campaign')) as l (level)
cross join (values (1, 'asked'), (2, 'received')) as s (place, state)
where b.client_id = %(client)s
order by b.batch_id, s.place, l.level, d.day;

create temp table version as
select
    b.batch_id, b.asked_at, d.day::date as day, b.read_for + 1 - d.day::date as age,
    (9 + row_number() over (partition by d.day order by b.batch_id))::numeric as spend,
    not lead(true, 1, false) over (partition by d.day order by b.batch_id) as stands
from ops.batches as b
cross join generate_series(b.since::timestamp, b.until, interval '1 day') as d (day)
where b.client_id = %(client)s and b.read_for + 1 - d.day::date in (1, 2, 8);

insert into landing.insights (batch_id, client_id, level, row_number, payload)
select
    v.batch_id, %(client)s, l.level,
    row_number() over (partition by v.batch_id, l.level order by v.day),
    jsonb_build_object(
        'account_id', '1', 'account_currency', 'EUR', 'date_start', v.day, 'date_stop', v.day,
        'spend', v.spend::text, 'impressions', '1000', 'clicks', '50', 'inline_link_clicks', '40',
        'actions', '[{"action_type": "omni_purchase", "value": "2"}]'::jsonb
    ) || case when l.level = 'campaign'
        then '{"campaign_id": "c1", "campaign_name": "Campaign c1"}' else '{}' end::jsonb
from version as v
cross join (values ('account'), ('campaign')) as l (level);

insert into ops.slice_state (
    client_id, level, date_day, state, row_count, content_hash, batch_id, received_at,
    confirmed_at, read_for, last_attempt, last_attempt_at, last_batch_id
)
select
    %(client)s, l.level, v.day, 'received', 1, 'hash of ' || v.spend, v.batch_id, v.asked_at,
    n.asked_at, n.read_for, 'received', n.asked_at, n.batch_id
from version as v
inner join lateral (
    select b.* from ops.batches as b
    where b.client_id = %(client)s and v.day between b.since and b.until
    order by b.batch_id desc limit 1
) as n on true
cross join (values ('account'), ('campaign')) as l (level)
where v.stands;

insert into staging.control_totals
select
    %(client)s, '1', v.day, 'EUR', v.spend, 1000, 800, 50, 40, v.batch_id
from version as v where v.stands;
insert into staging.insights
select
    %(client)s, '1', 'campaign', v.day, 'c1', 'c1', 'Campaign c1', null, null, null, null, 'EUR',
    v.spend, 1000, 800, 50, 40, v.batch_id
from version as v where v.stands;
insert into staging.conversions
select
    %(client)s, '1', l.level, v.day, l.entity, '[{"action_type": "omni_purchase", "value": "2"}]',
    '[{"action_type": "omni_purchase", "value": "20"}]', v.batch_id
from version as v
cross join (values ('account', '1'), ('campaign', 'c1')) as l (level, entity)
where v.stands;

insert into ops.restatements (
    client_id, date_day, metric, before, after, age_days, batch_id, noted_at
)
select
    %(client)s, v.day, 'spend', nullif(v.spend - 1, 9), v.spend, v.age - 1, v.batch_id, v.asked_at
from version as v order by v.batch_id, v.day;

insert into ops.client_months (client_id, month, version)
select %(client)s, m.month, nextval('ops.version_seq')
from (
    select distinct date_trunc('month', v.day)::date as month from version as v order by 1
) as m;
drop table version;
