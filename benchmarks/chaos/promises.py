"""The questions whose answers are empty as long as the promises are kept.

Each is one statement, so one moment of the warehouse; all ask as the owner.
"""

TORN = {
    # Every publication notes a hash of each row that it writes.
    "rows unlike their publication": "select * from ops.verify_rows()",
    "months unlike their days": """
        with days as (
            select client_id, campaign_id, date_trunc('month', date_day)::date as month,
                sum(spend) as spend, sum(impressions) as impressions,
                sum(conversions) as conversions
            from marts.daily_campaign_performance group by 1, 2, 3
        )
        select client_id, campaign_id, month, d.spend, m.spend, d.conversions, m.conversions
        from days as d
        full join marts.monthly_campaign_performance as m using (client_id, campaign_id, month)
        where d.spend is distinct from m.spend or d.impressions is distinct from m.impressions
            or (m.conversions is not null and d.conversions is distinct from m.conversions)
    """,
    "campaigns without their conversions": """
        with families as (
            select client_id, campaign_id, month, sum(conversions) as conversions
            from marts.monthly_conversion_metrics
            where attribution_window = 'default' and is_conversion group by 1, 2, 3
        )
        select client_id, campaign_id, month, m.conversions, f.conversions
        from marts.monthly_campaign_performance as m
        full join families as f using (client_id, campaign_id, month)
        where m.campaign_id is null or m.conversions is not null
            and m.conversions is distinct from coalesce(f.conversions, 0)
    """,
    "campaigns unlike their client": """
        with campaigns as (
            select client_id, month, currency, sum(spend) as spend, sum(clicks) as clicks
            from marts.monthly_campaign_performance group by 1, 2, 3
        )
        select client_id, month, currency, c.spend, s.spend, c.clicks, s.clicks
        from campaigns as c
        full join (select * from marts.monthly_client_summary where publication_id is not null) as s
            using (client_id, month, currency)
        where c.spend is distinct from s.spend or c.clicks is distinct from s.clicks
    """,
}
DISAGREEING = """
    with staged as (
        select client_id, level, date_day, count(*) as row_count
        from staging.insights group by client_id, level, date_day
        union all
        select client_id, 'account', date_day, count(*)
        from staging.control_totals group by client_id, date_day
    ),
    received as (
        select distinct on (client_id, level, date_day) client_id, level, date_day,
            state, row_count
        from ops.receipts where state in ('received', 'empty', 'waived')
        order by client_id, level, date_day, receipt_id desc
    )
    select client_id, level, date_day, s.state, s.row_count, r.state, r.row_count, t.row_count
    from (select * from ops.slice_state where state <> 'none') as s
    full join received as r using (client_id, level, date_day)
    full join staged as t using (client_id, level, date_day)
    where s.state is distinct from r.state or s.row_count is distinct from r.row_count
        or s.row_count is distinct from coalesce(t.row_count, 0)
"""
"""Slices whose state, last good receipt and rows in staging do not say the same."""

STANDING = """
    select client_id, date_day from ops.slice_state
    where level = 'campaign' and state in ('received', 'empty')
"""
"""Client-days that were received: none ever leaves this list."""

_KEYS = {
    "staging.insights": "client_id, level, date_day, entity_id",
    "staging.control_totals": "client_id, date_day",
    "ops.slice_state": "client_id, level, date_day",
    "marts.monthly_campaign_metrics": "client_id, campaign_id, month",
    "marts.monthly_campaign_performance": "client_id, campaign_id, month",
    "marts.daily_campaign_performance": "client_id, campaign_id, date_day",
    "marts.monthly_client_summary": "client_id, month, currency",
    "marts.monthly_conversion_metrics": "client_id, campaign_id, month, conversion_family, "
    "attribution_window, action_type",
}
DOUBLED = {
    f"twice in {table}": " ".join(
        ("select", key, ", count(*) from", table, "group by", key, "having count(*) > 1")
    )
    for table, key in _KEYS.items()
} | {
    "one alert open twice": "select fingerprint from ops.alerts where state <> 'resolved' "
    "group by fingerprint having count(*) > 1",
    "two builds at once": "select string_agg(build_id::text, ' and ') from ops.builds "
    "where state = 'running' having count(*) > 1",
    "one publication twice": "select publication_id, client_id, month, mart, count(*) "
    "from ops.publication_manifest group by 1, 2, 3, 4 having count(*) > 1",
}
UNTOLD = """
    select alert_id, rule, severity, opened_at from ops.alerts as a
    where severity <> 'low'
        and not exists (select 1 from ops.alert_messages as m where a.alert_id = any(m.alert_ids))
"""
"""Alerts that nobody was told of, nor will be."""

LAST_DAYS = """
    select client_id, max(date_day) from ops.slice_state
    where level = 'campaign' and state <> 'none' group by client_id
"""
SENT = "select message_key::text from ops.alert_messages where state = 'sent'"
ALERTS = "select alert_id::text from ops.alerts"
OWED = "select count(*) from ops.owed_days"
IN_BUILD = "select count(*) from ops.builds where state = 'running'"
UNBUILT = "select count(*) from ops.unbuilt_months"
UNSENT = "select count(*) from ops.alert_messages where state <> 'sent'"
MADE = {
    "publications": "select count(*) from ops.publications",
    "builds": "select count(*) from ops.builds",
    "builds taken over": "select count(*) from ops.builds where state = 'superseded'",
    "batches": "select count(*) from ops.batches",
    "client-days that stand": "select count(*) from ops.slice_state where level = 'campaign'",
    "refusals of a client-day": "select count(*) from ops.receipts where state = 'refused'",
    "alerts": "select count(*) from ops.alerts",
    "messages of alerts": "select count(*) from ops.alert_messages",
}
"""What a campaign has brought about."""
