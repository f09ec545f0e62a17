"""Puts a warehouse into states that alerts are about, and out of them as the program would."""

from collections.abc import Callable
from typing import Any

import worlds
from databases import Warehouse
from factories import LATEST_DUE_DAY, campaign, put_day
from worlds import WEEK

ALERT_TABLES = "ops.alerts, ops.alert_messages, ops.alert_destinations, ops.alert_mutes"
Make = Callable[[Any], None]


def healthy(warehouse: Warehouse) -> None:
    """Two clients, a week in order, no alert was ever opened."""
    warehouse.execute(
        f"truncate {ALERT_TABLES}, ops.run_failures, ops.api_notices, ops.failed_collections, "
        "ops.reopenings, serving.current_month_cache restart identity cascade"
    )
    worlds.healthy(warehouse)


def batch(warehouse: Warehouse, client_id: str, state: str) -> int:
    """A batch of the last two days that ended in this state."""
    return int(
        warehouse.rows(
            "insert into ops.batches (client_id, since, until, state, api_version, run_id, "
            "finished_at) values (%s, %s, %s, %s, 'v26.0', 'run-1', clock_timestamp()) "
            "returning batch_id",
            [client_id, WEEK[1], WEEK[0], state],
        )[0][0]
    )


def failing(error: str, *clients: str, reason: str = "Meta answers with an error") -> Make:
    """The latest collection of these clients failed with this error; the stored days stay."""

    def make(warehouse: Warehouse) -> None:
        for client_id in clients:
            number = batch(warehouse, client_id, "failed")
            warehouse.execute(
                "insert into ops.failed_collections "
                "(batch_id, client_id, since, until, error, reason) "
                "values (%s, %s, %s, %s, %s, %s)",
                [number, client_id, WEEK[1], WEEK[0], error, reason],
            )

    return make


def answered(*clients: str) -> Make:
    """The next collection of these clients got an answer."""

    def make(warehouse: Warehouse) -> None:
        for client_id in clients:
            number = batch(warehouse, client_id, "kept")
            warehouse.execute(
                "update ops.failed_collections set closed_at = clock_timestamp(), "
                "closed_by_batch_id = %s where client_id = %s",
                [number, client_id],
            )

    return make


def account_named(account: str | None) -> Make:
    """The clients file names another ad account for acme, or its own again."""
    reason = f"the clients file names {account}" if account else None
    return lambda warehouse: warehouse.execute(
        "update ops.clients set account_refused = %s where client_id = 'acme'", [reason]
    )


def collection_failed(warehouse: Warehouse) -> None:
    """A collection of acme failed hours ago for a reason of its own; the stored days stay."""
    worlds.failed_collection("PagingError")(warehouse)
    warehouse.execute(
        "update ops.slice_state set last_attempt = 'failed' where client_id = 'acme' "
        "and date_day between %s and %s",
        [WEEK[1], WEEK[0]],
    )


def day_lost(warehouse: Warehouse) -> None:
    """The latest day of acme is not in."""
    worlds.lose_day(warehouse, "acme", LATEST_DUE_DAY)


def day_came(warehouse: Warehouse) -> None:
    """The latest day of acme came after all."""
    put_day(warehouse, "acme", LATEST_DUE_DAY, campaign())
    warehouse.execute("update ops.client_months set published_version = version")


def days_came(warehouse: Warehouse) -> None:
    """The days in the middle of the week came after all."""
    for day in (WEEK[3], WEEK[4]):
        put_day(warehouse, "acme", day)
    warehouse.execute("update ops.client_months set published_version = version")


def reread_well(warehouse: Warehouse) -> None:
    """The refused day was read again, and kept."""
    warehouse.execute("update quarantine.violations set closed_at = clock_timestamp()")
    warehouse.execute(
        "update ops.slice_state set (last_attempt, last_reason, failed_attempts) "
        "= ('received', null, 0) where last_attempt = 'refused'"
    )


def refused(rule: str) -> Make:
    """The gate refused the last answer about a day of acme."""
    return lambda warehouse: worlds.refused(warehouse, "acme", WEEK[2], rule)


def converted(warehouse: Warehouse) -> None:
    """A conversion came."""
    number = batch(warehouse, "acme", "kept")
    warehouse.execute(
        "insert into ops.restatements (client_id, date_day, metric, after, age_days, batch_id) "
        "values ('acme', %s, 'conversions:purchase', 1, 1, %s)",
        [WEEK[0], number],
    )


def delivered(warehouse: Warehouse) -> None:
    """A row came."""
    warehouse.execute(
        "update ops.slice_state set state = 'received' where client_id = 'acme' and date_day = %s",
        [WEEK[0]],
    )


def findings_gone(warehouse: Warehouse) -> None:
    """The audits find nothing any more."""
    warehouse.execute("truncate audit.audit_findings")


def published_again(warehouse: Warehouse) -> None:
    """A build went through."""
    warehouse.execute(
        "insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
        "values ('test', 'next', false, now(), 'published', now())"
    )
    warehouse.execute("update ops.client_months set published_version = version")


def final_month_changed(warehouse: Warehouse) -> None:
    """A publication changed October of acme."""
    warehouse.execute(
        "insert into ops.reopenings (publication_id, client_id, month, changes) values "
        "(1, 'acme', '2026-10-01', 'spend 1,234.56 to 1,300.00')"
    )


def refreshed(warehouse: Warehouse) -> None:
    """The running month of everybody is fresh."""
    warehouse.execute("update serving.current_month_cache set refreshed_at = now()")


def hits(warehouse: Warehouse) -> None:
    """Reads found fresh figures since."""
    warehouse.execute("truncate serving.cache_reads")


def warned(warehouse: Warehouse) -> None:
    """The gate kept a day with a warning."""
    number = batch(warehouse, "acme", "kept")
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "values (%s, 'acme', %s, 'thin_day', 'warning', 'spend of 12.34 where 99.00 are usual')",
        [number, WEEK[1]],
    )


def noticed(warehouse: Warehouse) -> None:
    """Meta announces the end of the version."""
    warehouse.execute("insert into ops.api_notices (notice) values ('v26.0 has been deprecated')")


def notice_gone(warehouse: Warehouse) -> None:
    """A run heard nothing of it any more."""
    warehouse.execute("update ops.api_notices set closed_at = clock_timestamp()")


def run_failed(warehouse: Warehouse) -> None:
    """Dagster saw a run fail for a reason that the ledger does not know."""
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, step, error, reason) values "
        "('0a1b2c3d-aaaa', 'daily_refresh', 'collect_insights', 'MemoryError', 'out of memory')"
    )


def run_succeeded(warehouse: Warehouse) -> None:
    """A later one did not."""
    warehouse.execute("update ops.run_failures set closed_at = clock_timestamp()")
