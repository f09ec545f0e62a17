-- The due days of each client among its latest `days` due days (null: all), without its pauses.
-- This is the one rule for which days must have data.
create or replace function ops.due_days_of_last(days integer)
returns table (client_id text, date_day date)
language sql stable
as $$
    select
        c.client_id,
        d.date_day::date
    from ops.clients as c
    cross join lateral (select ops.latest_due_day(c.timezone_name) as due_day offset 0) as z
    cross join lateral generate_series(
        greatest(c.owed_since, z.due_day - days + 1)::timestamp,
        least(z.due_day, c.ends_on)::timestamp,
        interval '1 day'
    ) as d (date_day)
    where
        c.is_listed
        and c.timezone_name is not null
        and c.owed_since is not null
        and ops.may_owe(c)
        and not exists (
            select 1 from ops.client_pauses as p
            where p.client_id = c.client_id and d.date_day::date between p.since and p.until
        )
$$;
