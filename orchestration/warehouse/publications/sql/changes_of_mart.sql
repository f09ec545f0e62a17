-- What differs in a mart between two publications. Only client-months that a publication between
-- the two changed are compared. A column that one side does not have yet counts as null. Of a row
-- that one side does not have only the numbers are listed.
with changed as (
    select distinct client_id, month from ops.publication_manifest
    where mart = {mart_name} and publication_id > %(lower)s and publication_id <= %(upper)s
        and (%(clients)s::text[] is null or client_id = any(%(clients)s))
),
kept as (
    select {keys}, r.publication_id, null::bigint as ended,
        to_jsonb(r) - {names} as measures
    from published.{mart} as r inner join changed using (client_id, month)
    union all
    select {keys}, r.publication_id, r.ended_publication_id,
        to_jsonb(r) - {names} as measures
    from history.{mart} as r inner join changed using (client_id, month)
),
before as (
    select * from kept
    where publication_id <= %(before)s and (ended is null or ended > %(before)s)
),
after as (
    select * from kept
    where publication_id <= %(after)s and (ended is null or ended > %(after)s)
),
compared as (
    select {keys}, b.measures as before, a.measures as after
    from before as b full join after as a using ({keys})
)
select
    {mart_name} as mart, {all_keys}, m.metric,
    before ->> m.metric as before, after ->> m.metric as after,
    case when before is null then 'appeared' when after is null then 'vanished'
        else 'changed' end as change
from compared
cross join lateral jsonb_object_keys(coalesce(after, before)) as m (metric)
where
    nullif(before -> m.metric, 'null') is distinct from nullif(after -> m.metric, 'null')
    and (
        before is not null and after is not null
        or jsonb_typeof(coalesce(after, before) -> m.metric) = 'number'
    )
order by {keys}, m.metric
