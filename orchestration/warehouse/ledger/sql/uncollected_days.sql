-- Days of which a listed client has no data yet, and the latest day that is due for all clients.
-- A day that is only read again, because Meta may have restated it, has its data.
select
    (
        select coalesce(min(ops.latest_due_day(z.zone)), ops.latest_due_day('UTC'))
        from (
            select distinct coalesce(c.timezone_name, 'UTC') as zone
            from ops.clients as c
            where c.is_listed and c.status = 'active'
        ) as z
    ) as latest_due_day,
    (
        select coalesce(array_agg(distinct o.date_day), '{}') from ops.owed_days as o
        where o.why not in ('restatement', 'deep re-read', 'another account')
    ) as uncollected
