-- What stands is replaced by less only with proof: what was read of doubtful days, and what completed them.

-- What each refused reading of a day said that would have replaced more. Equal readings over a day confirm a fall.
create table quarantine.readings (
    reading_id bigint generated always as identity primary key,
    client_id text not null references ops.clients,
    date_day date not null,
    batch_id bigint not null references ops.batches,
    figures jsonb not null,
    read_at timestamptz not null default clock_timestamp()
);
create index on quarantine.readings (client_id, date_day);
comment on table quarantine.readings is
    'What refused answers said of days on which more stands; deleted once the day is kept';
comment on column quarantine.readings.figures is
    'Sums over the campaigns of the day: spend, impressions, clicks, link_clicks, conversions:family, value:family';

-- Rows that were asked for or received beside those that stand: they prove what was completed from them.
create table landing.witness_rows (
    batch_id bigint not null references ops.batches,
    client_id text not null,
    level text not null,
    row_number integer not null,
    payload jsonb not null,
    primary key (batch_id, level, row_number)
);
comment on table landing.witness_rows is
    'Rows of a deeper level that was asked about doubtful days, and the account''s and campaigns'' rows as they '
    'came where they were completed from it; nothing is built from them';

alter table ops.slice_state add column mended_from text check (mended_from in ('adset', 'ad'));
comment on column ops.slice_state.mended_from is
    'The level whose rows completed the conversions of these; null where they stand as they were answered';
create index slice_state_mended on ops.slice_state (client_id, date_day) where mended_from is not null;

-- Whether a client was ever known to have a conversion that counts.
create index restatements_converted on ops.restatements (client_id)
where metric like 'conversions:%' and after > 0;

-- Rules of the gate that mean: campaigns without their conversions.
create or replace function ops.split_rules() returns text[]
language sql immutable
as $$ select array['not_split', 'zero_is_plausible', 'clicks_name_actions', 'counts_have_values'] $$;

-- Each due client-day of the latest so many, by what stands and how the last attempt ended:
-- good, zero, thin, held (the rows stand, the last reading was refused), mended (completed from a deeper level),
-- split, refused, failed, missing, waived, or expected while it is not late yet.
create or replace function ops.day_states(days integer, only_client text default null)
returns table (
    client_id text, date_day date, state text, stands text, is_late boolean, last_attempt text, reason text,
    row_count integer, received_at timestamptz, confirmed_at timestamptz, attempted_at timestamptz,
    failed_attempts integer, batch_id bigint, last_batch_id bigint
)
language sql stable
as $$
    with zones as materialized (
        select z.timezone_name, z.due_day, ops.late_at(z.due_day, z.timezone_name) <= ops.business_now() as is_late
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
        d.client_id, d.date_day,
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
        d.is_late, s.last_attempt,
        coalesce(
            s.last_reason,
            case s.mended_from when 'adset' then 'mended from ad sets' when 'ad' then 'mended from ads' end
        ),
        s.row_count, s.received_at, s.confirmed_at, s.last_attempt_at,
        coalesce(s.failed_attempts, 0), s.batch_id, s.last_batch_id
    from due as d
    -- Looked up day by day: the planner expects a thousand days of every client and reads the whole table.
    left join lateral (
        select k.* from ops.slice_state as k
        where k.client_id = d.client_id and k.level = 'campaign' and k.date_day = d.date_day
        limit 1
    ) as s on true
    left join splits on d.client_id = splits.client_id and d.date_day = splits.date_day
    left join thin on d.client_id = thin.client_id and d.date_day = thin.date_day
$$;

-- Clients of whom everything that stands may be a loss that all levels share: no past tells.
create view ops.unproven_clients as
with candidates as materialized (
    select c.client_id, c.expects_conversions, c.starts_on, c.ends_on
    from ops.clients as c
    where
        c.is_listed
        and c.status = 'active'
        and not exists (
            select 1 from ops.restatements as r
            where r.client_id = c.client_id and r.metric like 'conversions:%' and r.after > 0
        )
),

standing as (
    select
        c.client_id,
        c.expects_conversions,
        count(*) as days,
        count(*) filter (where s.state = 'received') as days_with_delivery,
        min(s.date_day) as since,
        max(s.date_day) as until,
        -- Added up only where it matters: it reads all rows of the client.
        case when c.expects_conversions then (
            select coalesce(sum(i.link_clicks), 0) from staging.insights as i
            where i.client_id = c.client_id and i.level = 'campaign'
        ) else 0 end as link_clicks
    from candidates as c
    inner join ops.slice_state as s
        on c.client_id = s.client_id and s.level = 'campaign' and s.state in ('received', 'empty')
    -- Days on which nothing is to be expected, by the clients file, are no sign of anything.
    where
        s.state = 'received'
        or s.date_day between coalesce(c.starts_on, '-infinity') and coalesce(c.ends_on, 'infinity')
        and not exists (
            select 1 from ops.client_pauses as p
            where p.client_id = c.client_id and s.date_day between p.since and p.until
        )
    group by c.client_id, c.expects_conversions
)

select
    client_id,
    case when days_with_delivery = 0 then 'no delivery yet' else 'no conversions yet' end as kind,
    since,
    until,
    days,
    link_clicks
from standing
-- Fewer days or clicks may be a quiet start.
where days >= 7 and (days_with_delivery = 0 or expects_conversions and link_clicks >= 300);
comment on view ops.unproven_clients is
    'Active clients without a single row in at least 7 days, or with 300 link clicks and not one counted conversion';
