-- Stores each destination; one with a note is off, the note says why.
insert into ops.alert_destinations as d (destination, is_on, note)
select n.destination, n.note is null, n.note
from unnest(%(names)s::text[], %(notes)s::text[]) as n (destination, note)
on conflict (destination) do update set
    (is_on, note, failing_since, last_error) = (
        excluded.is_on, excluded.note,
        case when excluded.is_on then d.failing_since end,
        case when excluded.is_on then d.last_error end
    )
where (d.is_on, d.note) is distinct from (excluded.is_on, excluded.note)
