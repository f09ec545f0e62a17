-- What failed for good and nothing has repaired, newest first, with the first ten attempts of each.
select
    e.entry, e.kind, e.at, e.run_id, e.batch_id, e.client_id, e.since, e.until, e.error,
    e.reason, e.replay, jsonb_array_length(e.attempts) as tries,
    jsonb_path_query_array(e.attempts, '$[0 to 9]') as attempts, count(*) over () as total
from ({open_entries}) as e
where %(client)s::text is null or e.client_id = %(client)s
order by e.at desc nulls last, e.entry desc
limit %(limit)s
