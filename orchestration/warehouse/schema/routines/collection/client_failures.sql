-- The latest open failure of each client, and whether the API answered for the client since.
-- `is_collected_since`: an answer for any day of the client came. `is_answered_since` also counts
-- an answer about the token itself, where the token was refused.
create or replace view ops.client_failures as
select
    l.client_id, l.failure_id, l.batch_id, l.run_id, l.since, l.until,
    l.error, l.reason, l.failed_at,
    l.is_collected_since or l.error = 'TokenDeadError' and exists (
        select 1 from ops.token_checks as t
        inner join ops.clients as c on c.client_id = l.client_id
        where t.token = coalesce(c.token_env, 'META_ACCESS_TOKEN') and t.answered_at > l.failed_at
    ) as is_answered_since,
    l.is_collected_since
from (
    select distinct on (f.client_id)
        f.client_id, f.failure_id, f.batch_id, b.run_id, f.since, f.until,
        f.error, f.reason, f.failed_at,
        exists (
            select 1 from ops.batches as l
            where l.client_id = f.client_id and l.batch_id > f.batch_id
                and l.state in ('kept', 'partly_refused', 'refused')
        ) as is_collected_since
    from ops.failed_collections as f
    inner join ops.batches as b on f.batch_id = b.batch_id
    where f.closed_at is null
    order by f.client_id, f.failure_id desc
) as l;
