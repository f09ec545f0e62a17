-- The sums of what staging holds, by level and day; rows of other ad accounts are left out.
-- Each metric has the name that `METRICS` of quality/rows/sums.py gives it.
select
    level, date_day,
    sum(spend) as spend,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(link_clicks) as link_clicks
from (
    select 'account' as level, date_day, spend, impressions, clicks, link_clicks
    from staging.control_totals
    where client_id = %(client)s and date_day = any(%(days)s) and account_id = %(account)s
    union all
    select level, date_day, spend, impressions, clicks, link_clicks
    from staging.insights
    where client_id = %(client)s and date_day = any(%(days)s) and level = any(%(levels)s)
        and account_id = %(account)s
) as rows_of_all
group by level, date_day
