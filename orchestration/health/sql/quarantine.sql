-- Client-days whose last answer was refused and about which nobody decided yet.
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
            ) filter (where place <= 1000),
            '[]'
        )
    ) as detail
from (
    select
        s.client_id, s.date_day, s.state as stands, s.last_attempt_at as refused_at,
        to_jsonb(array_agg(distinct v.rule)) as rules,
        row_number() over (order by s.client_id, s.date_day) as place
    from quarantine.violations as v
    inner join ops.slice_state as s
        on v.client_id = s.client_id and s.level = 'campaign' and v.date_day = s.date_day
            and s.last_batch_id = v.batch_id and s.last_attempt = 'refused'
    inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
    where v.closed_at is null and v.severity = 'blocking'
        and (%(client)s::text is null or v.client_id = %(client)s)
    group by s.client_id, s.date_day, s.state, s.last_attempt_at
) as refused
