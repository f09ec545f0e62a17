"""Nothing was ever collected, or two clients in which nothing is wrong."""

from datetime import timedelta

from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, put_day

from worlds.alerts import destination

CLIENTS = ("acme", "borealis")
WEEK = [LATEST_DUE_DAY - timedelta(days=n) for n in range(7)]
TABLES = (
    "ops.clients",
    "ops.slice_state",
    "ops.receipts",
    "ops.heartbeats",
    "ops.publications",
    "ops.builds",
    "ops.client_months",
    "ops.run_failures",
    "ops.alerts",
    "ops.alert_messages",
    "ops.alert_destinations",
    "ops.alert_mutes",
    "serving.cache_reads",
    "quarantine.violations",
)
FINDINGS = """
create schema if not exists audit;
create table if not exists audit.audit_findings (
    client_id text, month date, date_day date, "check" text, severity text, detail text
);
truncate audit.audit_findings;
"""


def empty(warehouse: Warehouse) -> None:
    """Nothing was ever collected."""
    warehouse.execute(f"truncate {', '.join(TABLES)} restart identity cascade")
    warehouse.execute("delete from ops.settings where starts_with(name, 'alert_')")
    warehouse.execute(FINDINGS)


def healthy(warehouse: Warehouse) -> None:
    """Two clients, a week received, published, cached; alerts are evaluated and go to Slack."""
    empty(warehouse)
    for client_id in CLIENTS:
        add_client(warehouse, client_id, owed_since=WEEK[-1])
        for day in WEEK:
            put_day(warehouse, client_id, day)
        warehouse.execute(
            "insert into serving.current_month_cache (client_id, month, currency, until, "
            "fresh_since, spend, impressions, clicks, link_clicks, refreshed_at) values "
            "(%s, '2026-11-01', 'EUR', '2026-11-15', '2026-11-15', 10, 100, 5, 4, now())",
            [client_id],
        )
    published(warehouse)
    for name in ("alert_evaluation", "alert_delivery"):
        warehouse.execute(
            "insert into ops.heartbeats (name, beat_at, interval_seconds) values (%s, now(), 300)",
            [name],
        )
    destination(warehouse, "slack")


def published(warehouse: Warehouse) -> None:
    """What is there is published, by build and publication 1."""
    warehouse.execute(
        "insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
        "values ('test', 'one', false, now(), 'published', now())"
    )
    warehouse.execute(
        "insert into ops.publications (build_id, client_months, rows_inserted, rows_ended, "
        "published_at) values (1, 2, 10, 0, '2026-11-15T09:00:00Z')"
    )
    warehouse.execute("update ops.client_months set published_version = version")
