"""What failed as a whole: runs, kept until a later run of the same job succeeds, and builds."""

from dataclasses import dataclass
from datetime import datetime

from orchestration.warehouse.connection import Connection, storable

MOST_RUN_REASON = 500
MOST_BUILD_REASON = 1000
"""Characters of a reason; the whole of it is in the log of the run."""


@dataclass(frozen=True, kw_only=True)
class RunFailure:
    """A run that failed: `error` is the name of what it failed with, `step` where, if in one."""

    run_id: str
    job: str
    step: str | None
    error: str
    reason: str
    failed_at: datetime


def note_run_failure(
    connection: Connection, failure: RunFailure, made_good_at: datetime | None = None
) -> bool:
    """Keep a failed run; closed at once where a later run has succeeded already.

    Returns whether it is new: the same run may be told of twice.
    """
    done = connection.execute(
        """
        insert into ops.run_failures (run_id, job, step, error, reason, failed_at, closed_at)
        values (%s, %s, %s, %s, %s, %s, %s)
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
    return done.rowcount == 1


def close_run_failures(connection: Connection, job: str, before: datetime) -> None:
    """A run of the job that began at this instant succeeded: what failed before is made good."""
    connection.execute(
        "update ops.run_failures set closed_at = clock_timestamp() "
        "where job = %s and closed_at is null and failed_at <= %s",
        [job, before],
    )


def note_build_failure(connection: Connection, owner: str, reason: str) -> int | None:
    """Say why this process's latest build failed; returns its id, None where none began."""
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
