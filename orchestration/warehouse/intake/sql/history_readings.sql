-- What was read of each window's days, and of the days before it, in the order of reading.
select w.place, r.date_day, r.metric, r.age_days, r.after
from unnest(%(clients)s::text[], %(first)s::date[], %(until)s::date[])
with ordinality as w (client_id, first, until, place)
cross join lateral (
    select date_day, metric, age_days, after::float8 as after, restatement_id
    from ops.restatements
    where client_id = w.client_id and date_day between w.first and w.until
    order by restatement_id
) as r
order by w.place, r.restatement_id
