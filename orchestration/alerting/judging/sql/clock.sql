-- The moment of the evaluation, when the warehouse was set up, and when Meta last gave an answer.
select
    clock_timestamp() as now,
    (select min(applied_at) from ops.migrations) as set_up_at,
    (
        select finished_at from ops.batches
        where state in ('kept', 'partly_refused', 'refused') order by batch_id desc limit 1
    ) as last_answer_at
