-- Only what differs is written: a sensor compares the file with the ledger every minute.
insert into ops.clients as c (
    client_id, name, ad_account_id, status, expects_conversions, levels, starts_on, ends_on,
    client_group, owner, conversion_families, custom_conversions, token_env, alert_route,
    account_since, account_refused
)
values (
    %(client_id)s, %(name)s, %(account)s, %(status)s, %(expects)s, %(levels)s, %(starts_on)s,
    %(ends_on)s, %(group)s, %(owner)s, %(families)s::text[], %(custom)s, %(token_env)s, %(alerts)s,
    %(account_since)s, %(refused)s
)
on conflict (client_id) do update set
    (name, ad_account_id, status, expects_conversions, levels, starts_on, ends_on, client_group,
     owner, conversion_families, custom_conversions, token_env, alert_route, account_since,
     account_refused, is_listed)
    = (excluded.name, excluded.ad_account_id, excluded.status, excluded.expects_conversions,
       excluded.levels, excluded.starts_on, excluded.ends_on, excluded.client_group,
       excluded.owner, excluded.conversion_families, excluded.custom_conversions,
       excluded.token_env, excluded.alert_route, excluded.account_since, excluded.account_refused,
       true),
    account_changed_at = case
        when %(is_change)s then clock_timestamp() else c.account_changed_at end,
    account_facts_at = case
        when c.ad_account_id = excluded.ad_account_id then c.account_facts_at end,
    owed_since = coalesce(excluded.starts_on, c.owed_since)
where (
    c.name, c.ad_account_id, c.status, c.expects_conversions, c.levels, c.starts_on, c.ends_on,
    c.client_group, c.owner, c.conversion_families, c.custom_conversions, c.token_env,
    c.alert_route, c.account_since, c.account_refused, c.is_listed, c.owed_since
) is distinct from (
    excluded.name, excluded.ad_account_id, excluded.status, excluded.expects_conversions,
    excluded.levels, excluded.starts_on, excluded.ends_on, excluded.client_group, excluded.owner,
    excluded.conversion_families, excluded.custom_conversions, excluded.token_env,
    excluded.alert_route, excluded.account_since, excluded.account_refused, true,
    coalesce(excluded.starts_on, c.owed_since)
)
