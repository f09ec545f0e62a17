-- A client with its latest due days, newest first; no row if there is no such client.
select
    c.client_id as client, c.name,
    coalesce(jsonb_agg(
        jsonb_build_object(
            'day', d.date_day, 'state', d.state, 'isLate', d.is_late, 'rows', d.row_count,
            'receivedAt', ops.instant(d.received_at), 'confirmedAt', ops.instant(d.confirmed_at),
            'lastAttempt', d.last_attempt, 'attemptedAt', ops.instant(d.attempted_at),
            'reason', d.reason
        )
        order by d.date_day desc
    ) filter (where d.date_day is not null), '[]') as days
from ops.clients as c
left join ops.day_states(%(days)s, %(client)s) as d on c.client_id = d.client_id
where c.client_id = %(client)s
group by c.client_id, c.name
