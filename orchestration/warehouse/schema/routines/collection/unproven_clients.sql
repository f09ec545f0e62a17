-- Active clients without a row in at least 7 days, or with 300 link clicks and no counted
-- conversion.
-- Nothing in the past of such a client proves its numbers: what looks like a quiet start may be a
-- loss that all levels share.
create or replace view ops.unproven_clients as
with candidates as materialized (
    select c.client_id, c.expects_conversions, c.starts_on, c.ends_on
    from ops.clients as c
    where
        c.is_listed
        and c.status = 'active'
        and not exists (
            select 1 from ops.restatements as r
            where r.client_id = c.client_id and r.metric like 'conversions:%' and r.after > 0
        )
),

standing as (
    select
        c.client_id,
        c.expects_conversions,
        count(*) as days,
        count(*) filter (where s.state = 'received') as days_with_delivery,
        min(s.date_day) as since,
        max(s.date_day) as until,
        -- Added up only where it matters: it reads all rows of the client.
        case when c.expects_conversions then (
            select coalesce(sum(i.link_clicks), 0) from staging.insights as i
            where i.client_id = c.client_id and i.level = 'campaign'
        ) else 0 end as link_clicks
    from candidates as c
    inner join ops.slice_state as s
        on c.client_id = s.client_id and s.level = 'campaign' and s.state in ('received', 'empty')
    -- Days on which nothing is to be expected, by the clients file, are no sign of anything.
    where
        s.state = 'received'
        or s.date_day between coalesce(c.starts_on, '-infinity') and coalesce(c.ends_on, 'infinity')
        and not exists (
            select 1 from ops.client_pauses as p
            where p.client_id = c.client_id and s.date_day between p.since and p.until
        )
    group by c.client_id, c.expects_conversions
)

select
    client_id,
    case when days_with_delivery = 0 then 'no delivery yet' else 'no conversions yet' end as kind,
    since,
    until,
    days,
    link_clicks
from standing
-- Fewer days or clicks may be a quiet start.
where days >= 7 and (days_with_delivery = 0 or expects_conversions and link_clicks >= 300);
