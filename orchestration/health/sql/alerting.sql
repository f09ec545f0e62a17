-- Are alerts evaluated and delivered? It fails if either gave no sign of life for longer than its interval allows,
-- and if a destination refused a message or has failed for longer than the interval of deliveries.
with beats as (
    select
        max(beat_at) filter (where name = 'alert_evaluation') as evaluated_at,
        max(beat_at) filter (where name = 'alert_delivery') as delivered_at,
        coalesce(max(interval_seconds) filter (where name = 'alert_delivery'), 300) as delivery_seconds,
        count(*) as known,
        string_agg(
            split_part(name, '_', 2)
            || ' is silent for longer than the ' || interval_seconds || ' s that it promised',
            '; ' order by name desc
        ) filter (where not ops.is_alive(beat_at, interval_seconds)) as silence
    from ops.heartbeats
    where name in ('alert_evaluation', 'alert_delivery') and %(client)s::text is null
),

destinations as (
    select
        d.destination, d.is_on, d.note, d.sent_at, d.last_error,
        case when d.is_on then d.failing_since end as failing_since,
        case
            when not d.is_on or d.failing_since is null then false
            when d.failing_since < clock_timestamp() - make_interval(secs => b.delivery_seconds) then true
            else exists (
                -- It began to fail minutes ago, so that the newest messages are enough.
                select 1 from (select * from ops.alert_messages order by message_id desc limit 1000) as m
                where m.destination = d.destination and m.state in ('refused', 'expired')
                    -- The first message that was refused may have been written a little before.
                    and greatest(m.created_at, m.not_before) >= d.failing_since - interval '1 minute'
            )
        end as has_failed
    from ops.alert_destinations as d
    cross join beats as b
),

listed as (
    select
        coalesce(bool_or(has_failed), false) as has_failed,
        coalesce(bool_or(failing_since is not null), false) as is_failing,
        coalesce(bool_or(is_on), false) as is_any_on,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'name', destination, 'isOn', is_on, 'deliveredAt', ops.instant(sent_at),
                    'failingSince', ops.instant(failing_since),
                    'reason', case when not is_on then note when failing_since is not null then last_error end
                )
                order by destination
            ),
            '[]'
        ) as destinations
    from destinations
)

select
    case
        when b.silence is not null or l.has_failed then 'fail'
        when b.known < 2 or l.is_failing then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'evaluatedAt', ops.instant(b.evaluated_at),
        'deliveredAt', ops.instant(b.delivered_at),
        'waitingCount', (
            select count(*) from ops.alert_messages where state = 'waiting' and not_before <= clock_timestamp()
        ),
        'destinations', l.destinations,
        'reason', coalesce(
            b.silence,
            case when b.known < 2 then 'no alerts are evaluated and delivered here yet' end,
            case when not l.is_any_on then 'no destination is on: alerts show on the dashboard only' end
        )
    ) as detail
from beats as b
cross join listed as l
