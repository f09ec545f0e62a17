-- What Meta says of campaigns beside their numbers.
create table staging.campaigns (
    client_id text not null references ops.clients,
    campaign_id text not null,
    noted_at timestamptz not null default clock_timestamp(),
    objective text,
    effective_status text,
    daily_budget numeric,
    lifetime_budget numeric,
    currency text not null,
    primary key (client_id, campaign_id, noted_at)
);
alter table ops.clients add column campaigns_listed_at timestamptz;
