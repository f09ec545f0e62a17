-- Asks the refresher for a client's running month: once for any number of readers, and not again
-- within a minute of a refresh that failed.
with asked as (
    insert into serving.cache_refreshes as r (client_id, requested_at)
    values (%(client)s, clock_timestamp())
    on conflict (client_id) do update set requested_at = excluded.requested_at
    where coalesce(r.requested_at, '-infinity') <= coalesce(r.attempted_at, '-infinity')
        and (r.error is null or r.attempted_at < clock_timestamp() - interval '1 minute')
    returning client_id
)
select
    (select count(pg_notify(%(channel)s, client_id)) from asked) as is_new,
    exists (
        select 1 from ops.heartbeats
        where name = %(refresher)s and ops.is_alive(beat_at, interval_seconds)
    ) as has_refresher,
    exists (
        select 1 from serving.cache_refreshes
        where client_id = %(client)s and error is not null
            and attempted_at >= clock_timestamp() - interval '1 minute'
    ) as has_failed
