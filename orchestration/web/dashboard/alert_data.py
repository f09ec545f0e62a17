"""Reads alerts, the messages about them, and the recovery log for the pages."""

from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql

from orchestration.warehouse.ledger.recovery import Failure, failures
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.database import Database
from orchestration.web.queries import OPEN_ENTRIES

MOST_ALERTS = 100
MOST_RESOLVED = 10
MOST_MESSAGES = 15
MOST_DESTINATIONS = 50
MOST_ENTRIES, MOST_FAILURES = 2000, 50
"""So many entries of the recovery log are read, and so many failures are shown of them."""

Rows = list[dict[str, Any]]

OPEN = read_sql(__file__, "alerts/open")
RESOLVED = read_sql(__file__, "alerts/resolved")
MESSAGES = read_sql(__file__, "alerts/messages")
DESTINATIONS = read_sql(__file__, "alerts/destinations")
RECOVERY = sql.SQL(read_sql(__file__, "alerts/recovery_log")).format(open_entries=OPEN_ENTRIES)
ACKNOWLEDGE = read_sql(__file__, "alerts/acknowledge")


@dataclass(frozen=True)
class RecoveryLog:
    """What failed, newest first; `is_complete`: `count` is not only that of the latest entries."""

    failures: list[Failure]
    count: int
    is_complete: bool


@dataclass(frozen=True, kw_only=True)
class AlertBoard:
    """The alerts of the monitoring page; `total` in `open` says how many exist."""

    open: Rows
    resolved: Rows
    messages: Rows
    destinations: Rows
    recovery: RecoveryLog


async def alert_board(database: Database) -> AlertBoard:
    """Read alerts, messages and the recovery log of all clients."""
    return AlertBoard(
        open=await open_alerts(database),
        resolved=await database.rows(RESOLVED, {"limit": MOST_RESOLVED}),
        messages=await database.rows(MESSAGES, {"limit": MOST_MESSAGES}),
        destinations=await database.rows(DESTINATIONS, {"limit": MOST_DESTINATIONS}),
        recovery=await recovery_log(database),
    )


async def open_alerts(database: Database, client_id: str | None = None) -> Rows:
    """Alerts that are not resolved, the most severe first, of all clients or of one."""
    return await database.rows(OPEN, {"client": client_id, "limit": MOST_ALERTS})


async def recovery_log(database: Database, client_id: str | None = None) -> RecoveryLog:
    """Failures that nothing has repaired yet, newest first, of all clients or of one."""
    entries = await database.rows(RECOVERY, {"client": client_id, "limit": MOST_ENTRIES})
    found = sorted(failures(entries), key=lambda failure: str(failure.latest["at"]), reverse=True)
    is_complete = not entries or entries[0]["total"] == len(entries)
    return RecoveryLog(found[:MOST_FAILURES], len(found), is_complete)


async def acknowledge(
    database: Database, alert_id: int, by: str
) -> Literal["done", "was not open", "unknown"]:
    """Note who knows of an open alert."""
    if await database.execute(ACKNOWLEDGE, [by, alert_id]):
        return "done"
    alert = await database.row("select alert_id from ops.alerts where alert_id = %s", [alert_id])
    return "was not open" if alert else "unknown"
