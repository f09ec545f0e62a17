-- Results beside `actions`, custom conversions that a client names, and what was warned of once.
alter table landing.insights add column actions jsonb, add column action_values jsonb;
comment on column landing.insights.actions is
    'All counts of the row, those of other fields included (orchestration/results.py); null: as in the payload';
comment on column landing.insights.action_values is
    'All values of the row, those of other fields included (orchestration/results.py); null: as in the payload';

create or replace view landing.unfolded_insights as
select
    l.batch_id,
    l.client_id,
    l.level,
    l.row_number,
    case l.level
        when 'account' then r.account_id
        when 'campaign' then r.campaign_id
        when 'adset' then r.adset_id
        when 'ad' then r.ad_id
    end as entity_id,
    r.date_start,
    r.account_id,
    r.account_currency,
    r.campaign_id,
    r.campaign_name,
    r.adset_id,
    r.adset_name,
    r.ad_id,
    r.ad_name,
    r.spend,
    r.impressions,
    r.reach,
    r.clicks,
    r.inline_link_clicks,
    coalesce(l.actions, r.actions) as actions,
    coalesce(l.action_values, r.action_values) as action_values
from landing.insights as l
cross join lateral jsonb_to_record(l.payload) as r (
    date_start text,
    account_id text,
    account_currency text,
    campaign_id text,
    campaign_name text,
    adset_id text,
    adset_name text,
    ad_id text,
    ad_name text,
    spend text,
    impressions text,
    reach text,
    clicks text,
    inline_link_clicks text,
    actions jsonb,
    action_values jsonb
);
comment on view landing.unfolded_insights is
    'Rows as the API sent them, a column for each field; metrics are text, as they came';

alter table ops.clients add column custom_conversions jsonb not null default '{}';
comment on column ops.clients.custom_conversions is
    'The family of each custom conversion that the client names, by its id; other: it is no conversion';

create table ops.known_oddities (
    client_id text not null,
    rule text not null,
    subject text not null,
    first_day date not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (client_id, rule, subject)
);
comment on table ops.known_oddities is 'What the gate warned of once for a client and does not warn of again';
comment on column ops.known_oddities.subject is 'An action type, a field, or a conversion family';
comment on column ops.known_oddities.first_day is 'The first day of the answer in which it was seen';

-- The roles of before, with what is new: whoever collects notes what it warned of.
alter function ops.ensure_roles(text) rename to ensure_roles_before_results;
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    skipped text[] := ops.ensure_roles_before_results(prefix);
    loader text := prefix || 'loader';
begin
    if not loader = any(skipped) then
        execute format('grant insert on ops.known_oddities to %I', loader);
    end if;
    return skipped;
end
$$;
