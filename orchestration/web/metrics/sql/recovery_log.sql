-- How many failures nothing has repaired, by kind.
select k.kind, count(e.entry) as entries
from unnest(array['collection', 'refusal', 'build', 'run', 'message']) as k (kind)
left join ({open_entries}) as e on k.kind = e.kind
group by k.kind
order by k.kind
