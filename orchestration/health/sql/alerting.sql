-- Is the alert channel alive? Evaluation and delivery beat; two intervals without one fail.
select
    case
        when not coalesce(bool_and(ops.is_alive(beat_at, interval_seconds)), true) then 'fail'
        when count(*) < 2 then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'evaluatedAt', ops.instant(max(beat_at) filter (where name = 'alert_evaluation')),
        'deliveredAt', ops.instant(max(beat_at) filter (where name = 'alert_delivery')),
        'reason', case when count(*) < 2 then 'no alerts are evaluated and delivered here yet' end
    ) as detail
from ops.heartbeats
where name in ('alert_evaluation', 'alert_delivery') and %(client)s::text is null
