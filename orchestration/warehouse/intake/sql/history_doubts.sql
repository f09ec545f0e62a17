-- What the gate doubts of each window's days, and for how long it has, by the database's clock.
select w.place, v.date_day, v.rule, clock_timestamp() - min(v.found_at)
from unnest(%(clients)s::text[], %(since)s::date[], %(until)s::date[])
with ordinality as w (client_id, since, until, place)
inner join quarantine.violations as v
    on w.client_id = v.client_id and v.date_day between w.since and w.until
        and v.closed_at is null and v.rule = any(%(rules)s)
group by w.place, v.date_day, v.rule
