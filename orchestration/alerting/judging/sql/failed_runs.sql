-- The latest failed run of each job, since when it fails, and how many runs failed.
select distinct on (job)
    job, run_id, step, error, reason, min(failed_at) over (partition by job) as since,
    count(*) over (partition by job) as runs
from ops.run_failures where closed_at is null and error <> 'UnreachableError'
order by job, failed_at desc
