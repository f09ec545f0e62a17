"""What a person does to publications: go back to one, and delete the rows of old ones."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psycopg
from psycopg.rows import class_row

from orchestration.errors import MetaAdsError
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.publications.publications import refusal

BUSY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)
"""Errors because of another transaction: the same call may succeed a moment later."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class RolledBack:
    """The publication that a rollback made."""

    publication_id: int
    client_months: int
    rows_inserted: int
    rows_ended: int


def roll_back(
    connection: Connection,
    publication_id: int,
    client_ids: Sequence[str],
    reason: str,
    delays: Sequence[float],
) -> RolledBack:
    """Publish again what a publication showed, for some clients or all, in one transaction.

    The connection is in autocommit. Waits `delays` where another transaction is in the way.

    Raises:
        UsageError: no such publication, it was pruned, or nothing differs from it.
        MetaAdsError: others were in the way each time.
    """

    def call() -> RolledBack:
        with connection.cursor(row_factory=class_row(RolledBack)) as cursor:
            cursor.execute(
                "select * from ops.rollback(%s, %s, %s)",
                [publication_id, list(client_ids) or None, reason],
            )
            row = cursor.fetchone()
        assert row is not None
        return row

    return _with_retries(connection, delays, call)


@dataclass(frozen=True)
class Pruned:
    """How many publications were pruned, and how many rows were deleted."""

    publications: int
    rows_removed: int


def prune(
    connection: Connection, keep_days: int, delays: Sequence[float], *, dry_run: bool
) -> Pruned:
    """Delete the rows of publications older than `keep_days`, except the last of each month.

    The connection is in autocommit; a dry run is rolled back.

    Raises:
        MetaAdsError: others were in the way each time.
    """

    def call() -> Pruned:
        with connection.cursor(row_factory=class_row(Pruned)) as cursor:
            cursor.execute(
                "select * from ops.prune(clock_timestamp() - make_interval(days => %s))",
                [keep_days],
            )
            row = cursor.fetchone()
        assert row is not None
        return row

    return _with_retries(connection, delays, call, force_rollback=dry_run)


def _with_retries(
    connection: Connection,
    delays: Sequence[float],
    call: Callable[[], Result],
    *,
    force_rollback: bool = False,
) -> Result:
    for delay in (*delays, None):
        try:
            with connection.transaction(force_rollback=force_rollback):
                return call()
        except psycopg.errors.RaiseException as error:
            raise refusal(error) from None
        except BUSY as error:
            if delay is None:
                raise MetaAdsError(
                    "Nothing was changed: a publication or a collection was in the way "
                    f"{len(delays) + 1} times ({_first_line(error)}). Run it again in a moment."
                ) from None
            time.sleep(delay)
    raise AssertionError("the last attempt returns or raises")


def _first_line(error: psycopg.Error) -> str:
    return error.diag.message_primary or type(error).__name__
