"""Months, builds, failed collections and the cache of the running month."""

from collections.abc import Callable
from typing import Any

from databases import Warehouse

from worlds.in_order import WEEK


def finding(warehouse: Warehouse, check: str, severity: str) -> None:
    """What an audit found in November."""
    warehouse.execute(
        "insert into audit.audit_findings values "
        "('acme', '2026-11-01', null, %s, %s, 'no purchase in the whole month')",
        [check, severity],
    )


def split_month_is_published(warehouse: Warehouse) -> None:
    """A month without conversions of a family, which the audits doubt."""
    finding(warehouse, "split_month", "high")


def harmless_finding(warehouse: Warehouse) -> None:
    """Findings of other audits are nothing for this check."""
    finding(warehouse, "restatement", "warning")


def cache_is(hours: int) -> Callable[[Any], None]:
    """The running month of one client was refreshed so long ago."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "update serving.current_month_cache set refreshed_at = now() - make_interval(hours => "
            "%s) where client_id = 'acme'",
            [hours],
        )
        warehouse.execute(
            "insert into serving.cache_refreshes (client_id, attempted_at, error) "
            "values ('acme', now(), 'Meta does not answer')"
        )

    return make


def cache_was_never_filled(warehouse: Warehouse) -> None:
    """Nobody refreshes it, though the clients have been there for hours."""
    warehouse.execute("delete from serving.current_month_cache")
    warehouse.execute("update ops.batches set asked_at = asked_at - interval '3 hours'")


def cache_was_not_filled_yet(warehouse: Warehouse) -> None:
    """The clients came a moment ago, and the hourly refresh has not been since."""
    warehouse.execute("delete from serving.current_month_cache")


def data_wait(hours: int) -> Callable[[Any], None]:
    """A client-month changed so long ago and is not published."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "update ops.client_months set version = nextval('ops.version_seq') "
            "where client_id = 'acme'"
        )
        warehouse.execute(
            "update ops.client_months set changed_at = now() - make_interval(hours => %s) "
            "where client_id = 'acme'",
            [hours],
        )

    return make


def build_failed(warehouse: Warehouse) -> None:
    """The latest build ended without a publication."""
    warehouse.execute(
        "insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
        "values ('test', 'two', false, now(), 'failed', now())"
    )


def month_is_left_out(warehouse: Warehouse) -> None:
    """The latest build left a client-month out."""
    data_wait(0)(warehouse)
    warehouse.execute(
        "insert into ops.build_client_months (build_id, client_id, month, version, left_out) "
        "values (1, 'acme', '2026-11-01', 1, 'split')"
    )


def failed_collection(error: str) -> Callable[[Any], None]:
    """A collection that failed after its last retry; a re-read, so that the day stands on."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "insert into ops.failed_collections "
            "(batch_id, client_id, since, until, error, reason, failed_at) values "
            "((select min(batch_id) from ops.batches where client_id = 'acme'), 'acme', %s, %s, "
            "%s, 'Meta answers with an error', '2026-11-15T08:00:00Z')",
            [WEEK[1], WEEK[0], error],
        )

    return make


def cache_reads(hits: int, misses: int, stale: int, age: str = "1 hour") -> Callable[[Any], None]:
    """Reads of the running month so long ago."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "insert into serving.cache_reads values (now() - %s::interval, %s, %s, %s)",
            [age, hits, misses, stale],
        )

    return make
