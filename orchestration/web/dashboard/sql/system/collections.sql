-- The latest runs that collected. Only the latest batches are read: a ledger of years has millions.
select
    run_id, min(asked_at) as began_at, max(finished_at) as ended_at, count(*) as batches,
    coalesce(sum(api_calls), 0) as calls, coalesce(sum(row_count), 0) as row_count,
    count(*) filter (where state = 'failed') as failed,
    count(*) filter (where state in ('refused', 'partly_refused')) as refused,
    count(*) filter (where state = 'asked') as open
from (select * from ops.batches order by batch_id desc limit 5000) as latest
where run_id is not null
group by run_id
order by max(batch_id) desc
limit 5
