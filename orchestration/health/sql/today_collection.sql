-- Is the latest due day of each client collected, in the time zone of its account? A late day is a warning, and after
-- three hours it fails. New clients, whose owed days are not known yet, are expected too, in UTC where their zone is
-- unknown.
select
    case
        when count(*) filter (where is_missing and ops.business_now() >= late_at + interval '3 hours') > 0 then 'fail'
        when count(*) filter (where is_missing and ops.business_now() >= late_at) > 0 then 'warning'
        when not exists (select 1 from ops.clients where is_listed) then 'fail'
        else 'pass'
    end as status,
    jsonb_build_object(
        'clientCount', count(*) filter (where not is_missing),
        'expectedCount', count(*),
        'missing', coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'client', client_id, 'day', date_day, 'lateAt', ops.instant(late_at),
                    'isLate', ops.business_now() >= late_at, 'reason', reason
                )
                order by client_id
            ) filter (where is_missing),
            '[]'
        ),
        'reason', case when not exists (select 1 from ops.clients where is_listed)
            then 'no client is known: nothing was ever collected here (meta-ads run)' end
    ) as detail
from (
    select
        d.client_id,
        d.date_day,
        ops.late_at(d.date_day, d.zone) as late_at,
        coalesce(s.state, 'none') = 'none' as is_missing,
        coalesce(s.last_reason, s.last_attempt, 'never asked') as reason
    from (
        select d.client_id, d.date_day, c.timezone_name as zone
        from ops.due_days_of_last(1) as d
        inner join ops.clients as c on d.client_id = c.client_id
        union all
        select c.client_id, z.due_day, z.zone
        from ops.clients as c
        cross join lateral (
            select coalesce(c.timezone_name, 'UTC') as zone,
                ops.latest_due_day(coalesce(c.timezone_name, 'UTC')) as due_day
        ) as z
        where c.is_listed and ops.may_owe(c) and (c.timezone_name is null or c.owed_since is null)
            and z.due_day between coalesce(c.starts_on, '-infinity') and coalesce(c.ends_on, 'infinity')
    ) as d
    left join lateral (
        select k.state, k.last_reason, k.last_attempt from ops.slice_state as k
        where k.client_id = d.client_id and k.level = 'campaign' and k.date_day = d.date_day
        limit 1
    ) as s on true
    where %(client)s::text is null or d.client_id = %(client)s
) as days
