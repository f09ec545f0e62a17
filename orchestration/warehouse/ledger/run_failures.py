"""Runs that failed, open until a later run of the job succeeds, and reasons of failed builds."""

from dataclasses import dataclass
from datetime import datetime

from orchestration.warehouse.connection import Connection, storable

MOST_RUN_REASON = 500
MOST_BUILD_REASON = 1000
"""The most characters of a reason; all of it is in the log of the run."""


@dataclass(frozen=True, kw_only=True)
class RunFailure:
    """A failed run; `error` names the exception, `step` the step that raised it, if any.

    `failed_at`: None for now, by the clock of the warehouse.
    """

    run_id: str
    job: str
    step: str | None
    error: str
    reason: str
    failed_at: datetime | None = None


def note_run_failure(
    connection: Connection, failure: RunFailure, made_good_at: datetime | None = None
) -> bool:
    """Store a failed run; closed at once if a later run has succeeded already.

    Returns whether it is new: Dagster may report the same run twice.
    """
    inserted = connection.execute(
        """
        insert into ops.run_failures (run_id, job, step, error, reason, failed_at, closed_at)
        values (%s, %s, %s, %s, %s, coalesce(%s, clock_timestamp()), %s)
        on conflict (run_id) do nothing
        """,
        [
            failure.run_id,
            failure.job,
            failure.step,
            failure.error,
            _one_line(failure.reason, MOST_RUN_REASON),
            failure.failed_at,
            made_good_at,
        ],
    )
    return inserted.rowcount == 1


def close_run_failures(connection: Connection, job: str, before: datetime) -> None:
    """Close the failures of a job up to the instant at which a run began that succeeded."""
    connection.execute(
        "update ops.run_failures set closed_at = clock_timestamp() "
        "where job = %s and closed_at is null and failed_at <= %s",
        [job, before],
    )


def note_build_failure(connection: Connection, owner: str, reason: str) -> int | None:
    """Note why the latest build of this process failed; returns its id, None where none began."""
    row = connection.execute(
        """
        update ops.builds set reason = %(reason)s
        where reason is null and build_id = (
            select max(build_id) from ops.builds where owner = %(owner)s and state = 'failed'
        )
        returning build_id
        """,
        {"owner": owner, "reason": _one_line(reason, MOST_BUILD_REASON)},
    ).fetchone()
    return row[0] if row else None


def _one_line(text: str, most: int) -> str:
    line = " ".join(storable(text).encode("utf-8", "replace").decode().split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
