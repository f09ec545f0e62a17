-- Names of refused tokens of listed clients that were not checked for so many minutes.
select d.token
from (
    select
        coalesce(c.token_env, 'META_ACCESS_TOKEN') as token, max(f.failed_at) as failed_at
    from ops.client_failures as f
    inner join ops.clients as c on f.client_id = c.client_id
    where f.error = 'TokenDeadError' and not f.is_answered_since and c.is_listed
        and c.client_id = any(%(clients)s)
    group by 1
) as d
left join ops.token_checks as t on d.token = t.token
where greatest(d.failed_at, t.checked_at)
    <= clock_timestamp() - make_interval(mins => %(minutes)s)
order by d.token
