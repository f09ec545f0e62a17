-- Collections that failed after their last retry and whose days have not come since. It fails if one of them needs a
-- person; the others are collected again without one, and are a warning.
select
    case
        when coalesce(bool_or(needs_person), false) then 'fail'
        when count(*) > 0 then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'openCount', count(*),
        'collections', coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'client', client_id, 'since', since, 'until', until, 'error', error, 'reason', reason,
                    'failedAt', ops.instant(failed_at), 'needsPerson', needs_person
                )
                order by client_id, since, failure_id
            ) filter (where place <= coalesce(%(most)s::integer, 1000)),
            '[]'
        )
    ) as detail
from (
    select
        f.failure_id, f.client_id, f.since, f.until, f.error, f.reason, f.failed_at,
        ops.needs_person(f.error)
        or exists (
            select 1 from ops.slice_state as s
            where s.client_id = f.client_id and s.level = 'campaign' and s.date_day between f.since and f.until
                and ops.pause_after(s.failed_attempts) is null
        ) as needs_person,
        row_number() over (order by f.client_id, f.since, f.failure_id) as place
    from ops.failed_collections as f
    inner join ops.clients as c on f.client_id = c.client_id and c.is_listed
    where f.closed_at is null and (%(client)s::text is null or f.client_id = %(client)s)
) as failures
