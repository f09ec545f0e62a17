-- Days that an unresolved alert names, that are still owed and have not come, however old they are;
-- also those that have come (`is_there`) and that no build has published or left out yet.
select a.fingerprint, d.day, coalesce(s.state, 'none') <> 'none' as is_there
from ops.alerts as a
inner join ops.clients as c on a.client_id = c.client_id and c.is_listed and ops.may_owe(c)
cross join lateral jsonb_array_elements_text(a.facts -> 'days') as d (day)
left join ops.slice_state as s
    on a.client_id = s.client_id and s.level = 'campaign' and s.date_day = d.day::date
where
    a.state <> 'resolved'
    and a.rule = any(%(rules)s)
    and (
        coalesce(s.state, 'none') = 'none'
        or exists (
            select 1 from ops.unbuilt_months as m
            where m.client_id = a.client_id and m.month = date_trunc('month', d.day::date)
        )
    )
    and not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = a.client_id and d.day::date between p.since and p.until
    )
