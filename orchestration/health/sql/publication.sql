-- Are the collected data published? It fails if the latest build failed, if a client-month is left out, or if data
-- have waited for more than four hours; more than one hour is a warning.
with waiting as (
    select m.client_id, m.month, m.changed_at, l.left_out
    from ops.client_months as m
    inner join ops.clients as c on m.client_id = c.client_id and c.is_listed
    left join lateral ops.latest_build_of(m.client_id, m.month) as l on true
    where m.published_version is distinct from m.version
        and (%(client)s::text is null or m.client_id = %(client)s)
),

latest as (
    select p.publication_id, p.published_at from ops.publications as p
    order by p.publication_id desc limit 1
),

build as (
    select r.state, r.finished_at from ops.builds as r
    where r.state <> 'running' order by r.build_id desc limit 1
)

select
    case
        when (select state from build) = 'failed' then 'fail'
        when count(w.left_out) > 0 then 'fail'
        when min(w.changed_at) < clock_timestamp() - interval '4 hours' then 'fail'
        when min(w.changed_at) < clock_timestamp() - interval '1 hour' then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'publicationId', (select publication_id from latest),
        'publishedAt', (select ops.instant(published_at) from latest),
        'latestBuild', (select state from build),
        'waitingCount', count(w.client_id),
        'waitingSince', ops.instant(min(w.changed_at)),
        'leftOut', coalesce(
            jsonb_agg(
                jsonb_build_object('client', w.client_id, 'month', to_char(w.month, 'YYYY-MM'), 'reason', w.left_out)
                order by w.client_id, w.month
            ) filter (where w.left_out is not null),
            '[]'
        )
    ) as detail
from waiting as w
