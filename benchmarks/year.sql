-- What the mornings from `first` to `last` would have left: each read the 28 days before it once more.
create temp table morning on commit drop as
select nextval('ops.batches_batch_id_seq') as batch_id, c.client_id, c.owed_since, m.day::date as day
from ops.clients as c
cross join generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') as m (day)
order by m.day, c.client_id;

insert into ops.batches (
    batch_id, client_id, since, until, run_id, state, api_version, api_calls, row_count, asked_at,
    finished_at, read_for
)
overriding system value
select
    m.batch_id, m.client_id, greatest(m.owed_since, m.day - 28), m.day - 1, 'morning-' || m.day,
    'kept', 'v26.0', 2, 600, m.day + interval '5 hours', m.day + interval '301 minutes', m.day - 1
from morning as m;

insert into ops.receipts (client_id, level, date_day, state, row_count, batch_id, received_at)
select
    m.client_id, l.level, d.day::date, s.state, case when s.place > 1 then 21 end, m.batch_id,
    m.day + interval '5 hours' + (s.place - 1) * interval '1 minute'
from morning as m
cross join generate_series(
    greatest(m.owed_since, m.day - 28)::timestamp, m.day - 1, interval '1 day'
) as d (day)
cross join (values ('account'), ('campaign')) as l (level)
cross join (values (1, 'asked'), (2, 'received')) as s (place, state);

-- Meta restated each day once, at the age of two days: the rows of the earlier answer.
insert into landing.insights (batch_id, client_id, level, row_number, payload)
select m.batch_id, i.client_id, i.level, i.row_number, i.payload
from ops.batches as b
inner join landing.insights as i on b.batch_id = i.batch_id
inner join morning as m
    on i.client_id = m.client_id and (i.payload ->> 'date_start')::date = m.day - 2
where b.run_id not like 'morning-%%' and b.since < %(last)s and b.until >= %(first)s::date - 1
on conflict do nothing;

analyze ops.receipts;
analyze landing.insights;
