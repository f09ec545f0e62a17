-- The state of each client's latest due days: what is stored, and how the last attempt ended.
-- States: good, zero, thin, held (the rows stay, the last answer was refused), mended (completed
-- from a deeper level), split, refused, failed, missing, waived, or expected while the day is not
-- late yet.
create or replace function ops.day_states(days integer, only_client text default null)
returns table (
    client_id text, date_day date, state text, stands text, is_late boolean, last_attempt text,
    reason text, row_count integer, received_at timestamptz, confirmed_at timestamptz,
    attempted_at timestamptz, failed_attempts integer, batch_id bigint, last_batch_id bigint
)
language sql stable
as $$
    with zones as materialized (
        select
            z.timezone_name,
            z.due_day,
            ops.late_at(z.due_day, z.timezone_name) <= ops.business_now() as is_late
        from (
            select k.timezone_name, ops.latest_due_day(k.timezone_name) as due_day
            from ops.clients as k where k.timezone_name is not null group by k.timezone_name
        ) as z
    ),

    due as (
        select d.client_id, d.date_day, d.date_day < z.due_day or z.is_late as is_late
        from ops.due_days_of_last(days) as d
        inner join ops.clients as c on d.client_id = c.client_id
        inner join zones as z on c.timezone_name = z.timezone_name
        where only_client is null or d.client_id = only_client
    ),

    splits as (
        select v.client_id, v.date_day from quarantine.violations as v
        where v.closed_at is null and v.severity = 'blocking' and v.rule = any(ops.split_rules())
        union
        select f.client_id, f.date_day from ops.findings(array['split'], only_client) as f
        where f.date_day is not null
    ),

    thin as (
        select distinct v.client_id, v.date_day from quarantine.violations as v
        where v.closed_at is null and v.rule = 'thin_day'
    )

    select
        d.client_id,
        d.date_day,
        case
            when splits.client_id is not null then 'split'
            when s.state = 'waived' then 'waived'
            when coalesce(s.state, 'none') = 'none' then case
                when s.last_attempt in ('refused', 'failed') then s.last_attempt
                when d.is_late then 'missing'
                else 'expected'
            end
            when s.last_attempt = 'refused' then 'held'
            when s.state = 'empty' then 'zero'
            when s.mended_from is not null then 'mended'
            when thin.client_id is not null then 'thin'
            else 'good'
        end,
        coalesce(s.state, 'none'),
        d.is_late,
        s.last_attempt,
        coalesce(
            s.last_reason,
            case s.mended_from
                when 'adset' then 'mended from ad sets'
                when 'ad' then 'mended from ads'
            end
        ),
        s.row_count,
        s.received_at,
        s.confirmed_at,
        s.last_attempt_at,
        coalesce(s.failed_attempts, 0),
        s.batch_id,
        s.last_batch_id
    from due as d
    -- Looked up day by day: the planner expects a thousand days of every client, and would read
    -- the whole table.
    left join lateral (
        select k.* from ops.slice_state as k
        where k.client_id = d.client_id and k.level = 'campaign' and k.date_day = d.date_day
        limit 1
    ) as s on true
    left join splits on d.client_id = splits.client_id and d.date_day = splits.date_day
    left join thin on d.client_id = thin.client_id and d.date_day = thin.date_day
$$;
