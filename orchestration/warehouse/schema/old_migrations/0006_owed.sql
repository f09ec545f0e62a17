-- What is owed, who is collecting it, what changed on re-reading, and what a person decided.
comment on column ops.slice_state.failed_attempts is
    'Attempts in a row that failed or were refused, since the day was last good';

-- Claims on client-days: rows with an expiry, so that no lock is held while Meta is asked.
create table ops.collection_leases (
    client_id text not null,
    date_day date not null,
    holder text not null,
    owner text not null,
    expires_at timestamptz not null,
    primary key (client_id, date_day)
);
comment on table ops.collection_leases is 'Who is asking for a client-day right now; one collector at a time';
comment on column ops.collection_leases.owner is 'The process, so that a dead one is noticed at once';

create table ops.restatements (
    restatement_id bigint generated always as identity primary key,
    client_id text not null,
    date_day date not null,
    metric text not null,
    before numeric,
    after numeric,
    age_days integer not null,
    batch_id bigint not null references ops.batches,
    noted_at timestamptz not null default clock_timestamp()
);
create index on ops.restatements (client_id, date_day);
comment on table ops.restatements is 'What a re-read changed in staging, summed over the campaigns of the day';
comment on column ops.restatements.metric is
    'spend, impressions, clicks, link_clicks, or conversions:family and value:family of the families that count';
comment on column ops.restatements.age_days is 'The latest due day at the re-read less the day itself';

-- A refused day that a person accepted: these rules only warn for it from then on.
create table quarantine.decisions (
    decision_id bigint generated always as identity primary key,
    client_id text not null references ops.clients,
    date_day date not null,
    batch_id bigint not null references ops.batches,
    decision text not null check (decision in ('released', 'discarded')),
    rules text[] not null,
    reason text not null,
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp()
);
create index on quarantine.decisions (client_id, date_day);
comment on table quarantine.decisions is 'What a person decided about refused days';

alter table ops.batches add column read_for date;
comment on column ops.batches.read_for is 'The latest due day of the account when the answer came';

create function ops.local_day(zone text) returns date
language sql stable
as $$ select (ops.business_now() at time zone zone)::date $$;

-- Meta answers with an error for a start beyond 37 months.
create function ops.earliest_day(zone text) returns date
language sql stable
as $$ select (ops.local_day(zone) - interval '37 months')::date + 1 $$;

-- The pause after so many attempts that failed or were refused; null: left to a person.
create function ops.pause_after(attempts integer) returns interval
language sql immutable
as $$
    select case
        when attempts <= 0 then interval '0'
        when attempts <= 8 then least(interval '15 minutes' * 2 ^ (attempts - 1), interval '12 hours')
    end
$$;
comment on function ops.pause_after is 'How long nothing asks by itself again: 15 minutes, doubled up to 12 hours, 8 times';

-- A paused client owes nothing, an ended one its days up to the end, which must be known.
create function ops.may_owe(client ops.clients) returns boolean
language sql immutable
as $$ select client.status = 'active' or client.status = 'ended' and client.ends_on is not null $$;

create or replace view ops.due_days as
select
    c.client_id,
    d.date_day::date as date_day
from ops.clients as c
cross join lateral generate_series(
    c.owed_since::timestamp,
    least(ops.latest_due_day(c.timezone_name), c.ends_on)::timestamp,
    interval '1 day'
) as d (date_day)
where
    c.is_listed
    and ops.may_owe(c)
    and c.timezone_name is not null
    and not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = c.client_id and d.date_day::date between p.since and p.until
    );

-- Every client-day that is to be asked for, and why. An account that never answered has no zone
-- yet: its lookback is owed, in UTC.
create view ops.owed_days as
with clients as (
    select
        c.client_id,
        coalesce(c.timezone_name, 'UTC') as zone,
        c.levels,
        c.owed_since,
        c.ends_on,
        ops.latest_due_day(coalesce(c.timezone_name, 'UTC')) as due_day,
        coalesce(ops.setting_int('lookback_days'), 28) as lookback,
        coalesce(ops.setting_int('deep_months'), 3) as deep_months
    from ops.clients as c
    where c.is_listed and ops.may_owe(c)
),

bounded as materialized (
    select
        c.*,
        least(c.due_day, c.ends_on) as until,
        date_trunc('month', c.due_day)::date as deep_day,
        (date_trunc('month', c.due_day) - make_interval(months => c.deep_months))::date as deep_since
    from clients as c
),

days as (
    select
        b.*,
        d.date_day::date as date_day,
        s.state,
        s.read_for,
        s.last_attempt,
        s.last_attempt_at,
        s.last_reason,
        coalesce(s.failed_attempts, 0) as failed_attempts
    from bounded as b
    cross join lateral generate_series(
        greatest(coalesce(b.owed_since, b.until - b.lookback + 1), ops.earliest_day(b.zone))::timestamp,
        b.until::timestamp,
        interval '1 day'
    ) as d (date_day)
    left join ops.slice_state as s
        on b.client_id = s.client_id and s.level = 'campaign' and s.date_day = d.date_day::date
    where not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = b.client_id and d.date_day::date between p.since and p.until
    )
),

judged as (
    select
        d.*,
        case
            when d.state is null then 'never collected'
            when d.state = 'none' then d.last_attempt
            when d.state = 'waived' then null
            when cardinality(d.levels) > 1 and exists (
                select 1 from unnest(d.levels) as l (level)
                where not exists (
                    select 1 from ops.slice_state as f
                    where f.client_id = d.client_id and f.level = l.level
                        and f.date_day = d.date_day and f.state <> 'none'
                )
            ) then 'level never collected'
            when
                d.read_for is null
                or d.read_for < least(d.due_day, d.date_day + d.lookback - 1) then 'restatement'
            when d.date_day >= d.deep_since and d.read_for < least(d.deep_day, d.due_day) then 'deep re-read'
        end as why
    from days as d
)

select
    client_id,
    date_day,
    why,
    failed_attempts,
    last_reason,
    case when failed_attempts = 0 then '-infinity'::timestamptz
        else last_attempt_at + ops.pause_after(failed_attempts) end as asked_again_at
from judged
where why is not null;
comment on view ops.owed_days is
    'Client-days to ask for and why; asked_again_at is null where only a person asks again';
