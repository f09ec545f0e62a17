-- The first day that a client owes, by what the clients file says and the latest due day.
-- Without `starts_on` it is the first day of the month that the first lookback reaches into, so
-- that no month is collected in part.
create or replace function ops.first_owed_day(
    starts_on date, account_since date, due_day date, lookback integer
) returns date
language sql stable
as $$
    select coalesce(
        starts_on,
        greatest(date_trunc('month', due_day - lookback + 1)::date, account_since)
    )
$$;
