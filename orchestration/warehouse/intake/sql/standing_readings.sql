-- The refused readings of each window's days, oldest first, with their age by the database's clock.
select w.place, r.date_day, clock_timestamp() - r.read_at, r.figures
from unnest(%(clients)s::text[], %(since)s::date[], %(until)s::date[])
with ordinality as w (client_id, since, until, place)
inner join quarantine.readings as r
    on w.client_id = r.client_id and r.date_day between w.since and w.until
order by r.reading_id
