-- Client-days whose latest answer was refused, until somebody decides about them or a later answer is accepted.
select
    case when count(*) > 0 then 'warning' else 'pass' end as status,
    jsonb_build_object(
        'waitingCount', count(*),
        'days', coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'client', client_id, 'day', date_day, 'rules', rules, 'refusedAt', ops.instant(refused_at),
                    'earlierDataStand', stands <> 'none'
                )
                order by client_id, date_day
            ) filter (where place <= coalesce(%(most)s::integer, 1000)),
            '[]'
        )
    ) as detail
from (
    select
        v.client_id, v.date_day, s.state as stands, s.last_attempt_at as refused_at, v.rules,
        row_number() over (order by v.client_id, v.date_day) as place
    from (
        select client_id, date_day, batch_id, to_jsonb(array_agg(distinct rule)) as rules
        from quarantine.violations
        where closed_at is null and severity = 'blocking' and date_day is not null
            and (%(client)s::text is null or client_id = %(client)s)
        group by client_id, date_day, batch_id
    ) as v
    inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
    cross join lateral (
        select k.state, k.last_attempt_at from ops.slice_state as k
        where k.client_id = v.client_id and k.level = 'campaign' and k.date_day = v.date_day
            and k.last_batch_id = v.batch_id and k.last_attempt = 'refused'
        limit 1
    ) as s
) as refused
