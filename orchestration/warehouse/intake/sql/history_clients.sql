-- Of each window: whether its client expects conversions, the days on which it is known not to
-- advertise, and the days that a person released, with the rules.
select
    w.place, c.expects_conversions,
    array(
        select d.date_day::date
        from generate_series(w.since::timestamp, w.until, interval '1 day') as d (date_day)
        where c.status = 'paused' or d.date_day > c.ends_on or exists (
            select 1 from ops.client_pauses as p
            where p.client_id = c.client_id and d.date_day::date between p.since and p.until
        )
    ) as quiet,
    (
        select json_agg(json_build_array(r.date_day, r.rules))
        from quarantine.decisions as r
        where r.client_id = w.client_id and r.date_day between w.since and w.until
            and r.decision = 'released'
    ) as released,
    (
        select json_agg(json_build_array(o.rule, o.subject))
        from ops.known_oddities as o
        where o.client_id = w.client_id
    ) as oddities
from unnest(%(clients)s::text[], %(since)s::date[], %(until)s::date[])
with ordinality as w (client_id, since, until, place)
inner join ops.clients as c on w.client_id = c.client_id
