-- Closes failed collections of which every day has a good slice since, or is waived. A slice of an
-- ad account that is not asked for any more counts as good.
update ops.failed_collections as f
set closed_at = clock_timestamp(), closed_by_batch_id = %(proof)s
where f.client_id = %(client)s and f.closed_at is null
    and not exists (
        select 1
        from generate_series(f.since::timestamp, f.until, interval '1 day') as d (day)
        inner join ops.clients as c on c.client_id = f.client_id
        left join ops.slice_state as s
            on s.client_id = f.client_id and s.level = 'campaign'
                and s.date_day = d.day::date
                and (
                    s.confirmed_at > f.failed_at or s.state = 'waived'
                    or (s.date_day < c.account_since and s.state <> 'none')
                )
        where s.client_id is null
    )
