-- A batch for each window, in the order of the windows.
insert into ops.batches (client_id, since, until, run_id, api_version)
select client_id, since, until, %(run_id)s, %(api_version)s
from unnest(%(clients)s::text[], %(since)s::date[], %(until)s::date[])
with ordinality as w (client_id, since, until, place)
order by place
returning batch_id, client_id, since, until
