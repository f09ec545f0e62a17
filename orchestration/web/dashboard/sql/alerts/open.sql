-- Alerts that are not resolved, the most severe first. The order is decided before anything else is
-- read of them.
with shown as (
    select
        a.alert_id, count(*) over () as total,
        row_number() over (
            order by array_position(array['critical', 'high', 'medium', 'low'], a.severity),
                a.opened_at, a.alert_id
        ) as place
    from ops.alerts as a
    where a.state <> 'resolved' and (
        %(client)s::text is null or a.client_id = %(client)s
        -- A cause that concerns several clients, such as a token.
        or jsonb_exists(a.facts -> 'clients', %(client)s)
    )
    order by place
    limit %(limit)s
)

select
    a.alert_id, a.rule, a.severity, a.client_id, a.subject, a.detail, a.state, a.times_seen,
    a.times_opened, coalesce(a.since, a.opened_at) as since, a.last_seen_at, a.acknowledged_at,
    a.acknowledged_by, s.total,
    coalesce(a.facts -> 'days', '[]') as days,
    (
        select max(m.until) from ops.alert_mutes as m
        where m.lifted_at is null and m.until > clock_timestamp()
            and coalesce(m.rule, a.rule) = a.rule
            and (m.client_id is null or m.client_id = a.client_id)
    ) as muted_until
from shown as s
inner join ops.alerts as a on s.alert_id = a.alert_id
order by s.place
