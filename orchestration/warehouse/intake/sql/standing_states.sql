-- What is stored of each window's days, by level.
select w.place, s.level, s.date_day, s.state, s.content_hash, s.row_count
from unnest(%(clients)s::text[], %(since)s::date[], %(until)s::date[])
with ordinality as w (client_id, since, until, place)
inner join ops.slice_state as s
    on w.client_id = s.client_id and s.date_day between w.since and w.until and s.state <> 'none'
