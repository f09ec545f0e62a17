-- Days of the last seven that are late and have no data: a warning. It fails once one of them has been late for 24
-- hours (META_ADS_ALERT_GAP_HOURS). Days that Meta answered without rows, between days with delivery, are listed
-- too.
with days as materialized (
    select d.client_id, d.date_day, d.stands, d.is_late, d.reason, d.last_attempt
    from ops.day_states(coalesce(%(gap_days)s::integer, 7), %(client)s::text) as d
    where d.stands in ('none', 'empty')
)

select
    case
        when coalesce(bool_or(is_old), false) then 'fail'
        when count(*) > 0 then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'gapCount', coalesce(sum(cardinality(days)), 0),
        'gaps', coalesce(
            jsonb_agg(
                jsonb_build_object('client', client_id, 'days', days, 'kind', kind, 'reason', reason)
                order by client_id, days[1]
            ),
            '[]'
        )
    ) as detail
from (
    select
        client_id, kind, reason,
        array_agg(date_day order by date_day) as days,
        kind = 'missing' and bool_or(
            late_at <= ops.business_now()
                - make_interval(hours => (select coalesce(ops.setting_int('alert_gap_hours'), 24)))
        ) as is_old
    from (
        select
            d.client_id, d.date_day, 'missing' as kind,
            coalesce(d.reason, d.last_attempt, 'never asked') as reason,
            ops.late_at(d.date_day, c.timezone_name) as late_at
        from days as d
        inner join ops.clients as c on d.client_id = c.client_id
        where d.is_late and d.stands = 'none'
        union all
        select
            d.client_id, d.date_day, 'suspected', 'Meta answered without rows between days with delivery', null
        from days as d
        cross join lateral (
            select 1 from ops.suspected_gaps as g
            where g.client_id = d.client_id and g.date_day = d.date_day
            limit 1
        ) as g
        where d.stands = 'empty'
    ) as missing
    group by client_id, kind, reason
) as gaps
