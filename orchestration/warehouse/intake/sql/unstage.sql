-- Empties staging for days of a client, at the levels that are filled anew.
with insights as (
    delete from staging.insights
    where client_id = %(client)s and date_day = any(%(days)s) and level = any(%(levels)s)
),

conversions as (
    delete from staging.conversions
    where client_id = %(client)s and date_day = any(%(days)s) and level = any(%(levels)s)
)

delete from staging.control_totals
where client_id = %(client)s and date_day = any(%(days)s)
