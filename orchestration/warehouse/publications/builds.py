"""One build at a time: builds wait for each other, and a dead process loses its build."""

import time
from collections.abc import Sequence
from typing import LiteralString

from psycopg import errors

from orchestration.errors import MetaAdsError
from orchestration.process.owner import build_owner, owner_is_dead
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

WAIT_SECONDS = 660.0
"""A minute longer than a build may go without a sign of life (`ops.build_lease`)."""
POLL_SECONDS = 0.5


def clear_dead_build(
    connection: Connection, *, take_over: bool = False, has_turn: bool = False
) -> bool:
    """Close a running build whose process is gone, or any running build with `take_over`.

    A process counts as gone if this machine says so, or if it gave no sign of life for too long.
    Safe at any time: a build that goes on all the same stops at its next step, because every step
    checks that the build is still its own.
    """
    row = connection.execute(
        "select build_id, owner, heartbeat_at <= clock_timestamp() - ops.build_lease() "
        "from ops.builds where state = 'running'"
    ).fetchone()
    owner = row[1] if row else ""
    # This process has the turn but no build yet: a build in its name was lost with the server.
    is_own = has_turn and owner == build_owner()
    if row is None or not (take_over or is_own or row[2] or owner_is_dead(owner)):
        return False
    return bool(_value(connection, "select ops.supersede_build(%s)", [row[0]]))


def is_build_due(connection: Connection, project: str) -> bool:
    """Whether a build would find client-months in hand, a view missing, or another dbt project.

    `project` is the digest of the project's files. Only a build of all of it, in which no node and
    no test failed, leaves its digest, so anything that went wrong since makes a build due.
    """
    return bool(_value(connection, read_sql(__file__, "is_build_due"), [project]))


def queue_for_build(turn: Connection, connection: Connection, *, take_over: bool = False) -> None:
    """Wait for the turn to build; it lasts as long as the transaction that `turn` is left in.

    Builds of this program queue here. A build by dbt alone is waited for; one whose process is
    gone is cleared away at once. `connection` is in autocommit.

    Raises:
        MetaAdsError: another build still runs after `WAIT_SECONDS`.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    has_turn = False
    while True:
        has_turn = has_turn or _take_turn(turn)
        clear_dead_build(connection, take_over=take_over, has_turn=has_turn)
        holder = _value(connection, "select max(owner) from ops.builds where state = 'running'")
        if has_turn and holder is None:
            return
        if time.monotonic() > deadline:
            raise MetaAdsError(
                f"Another build still runs ({holder or 'not begun yet'}): wait for it, or close it "
                "with `meta-ads build --take-over`."
            )
        time.sleep(POLL_SECONDS)


def _take_turn(turn: Connection) -> bool:
    try:
        turn.execute("lock table ops.build_turn in exclusive mode nowait")
    except errors.LockNotAvailable:
        turn.rollback()
        return False
    return True


def _value(connection: Connection, query: LiteralString, values: Sequence[object] = ()) -> object:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
