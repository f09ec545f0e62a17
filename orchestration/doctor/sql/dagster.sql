-- When Dagster's daemon was seen last, and the sensors and schedules that a person turned off.
select
    (select max(h.timestamp) at time zone 'utc' from dagster_records.daemon_heartbeats as h)
        as seen_at,
    (
        select coalesce(array_agg(i.instigator_body order by i.id), '{}')
        from dagster_records.instigators as i where i.status = 'STOPPED'
    ) as stopped
