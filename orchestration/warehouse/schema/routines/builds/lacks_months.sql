-- Whether the planner's statistics of a table know nothing of a month that is built now, although
-- many of its rows changed since.
-- They say how often each earlier month is, so no row at all of a new one is expected, and each of
-- its rows is compared with each of another table: minutes from some ten thousand rows on. After a
-- year a whole month is less than the tenth from which autovacuum renews them.
create or replace function ops.lacks_months(relation regclass) returns boolean
language sql stable
as $$
    with listed as (
        -- A month is a column of some tables, and an expression of the day in others.
        select schemaname, tablename, most_common_vals::text::text[] as months
        from pg_stats where attname = 'month'
        union all
        select schemaname, tablename, most_common_vals::text::text[]
        from pg_stats_ext_exprs
    )
    select pg_stat_get_mod_since_analyze(relation) > 1000 and exists (
        select from listed as l
        cross join ops.build_client_months as m
        inner join ops.builds as b on m.build_id = b.build_id and b.state = 'running'
        where
            (l.schemaname, l.tablename) = (
                select n.nspname, c.relname from pg_class as c
                inner join pg_namespace as n on c.relnamespace = n.oid
                where c.oid = relation
            )
            and m.month::text <> all(l.months)
    )
$$;
