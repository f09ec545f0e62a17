"""Carries out the rules of retention: a few rows in each short transaction, for a bounded time.

A process may be killed at any instant, and several may run at once: each transaction is complete
in itself, and holds the row of its rule in `ops.retention` while it lasts.
"""

import logging
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

import psycopg
from psycopg.rows import class_row

from orchestration.retention.rules import RULES, Rule
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect

ROWS_AT_ONCE = 5000
LIMITS = "set local lock_timeout = '3s'; set local statement_timeout = '15s'"
LEAST_ROWS = 50
IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""Another transaction holds what a step needs: the rule goes on at the next time."""
BEGIN = "insert into ops.retention (rule) values (%s) on conflict do nothing"
POSITION = "select position from ops.retention where rule = %s for update"
# Rows of batches that stood when their turn came are looked at again a month later.
NOTE = """
update ops.retention set
    (ran_at, rows_deleted) = (clock_timestamp(), rows_deleted + %(rows)s),
    (position, cycle_began_at) = (
        select case when c.is_over then 0 else %(position)s end,
            case when c.is_over then clock_timestamp() else cycle_began_at end
        from (
            select %(is_done)s and cycle_began_at < clock_timestamp() - interval '30 days'
                as is_over
        ) as c
    )
where rule = %(rule)s
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Step:
    """What a transaction did, and behind which batch the next one begins."""

    rows: int
    is_done: bool
    position: int


@dataclass(frozen=True)
class Pruned:
    """How many rows of a rule were deleted or folded; `is_done`: no more are old enough."""

    rule: Rule
    rows: int
    is_done: bool


def prune(settings: Settings, seconds: float, *, is_whole: bool = False) -> list[Pruned]:
    """Carry out each rule that is turned on, until no more rows are old or the time is over.

    Time that a rule does not need is left to the next ones. `is_whole` looks at all batches again,
    also at those that were looked at lately.
    """
    end = monotonic() + seconds
    rules = [rule for rule in RULES if rule.days(settings)]
    pruned = []
    with connect(settings, autocommit=True) as connection:
        for place, rule in enumerate(rules):
            now = monotonic()
            share = (end - now) / (len(rules) - place)
            begin = 0 if is_whole else None
            pruned.append(_carry_out(connection, settings, rule, now + share, begin))
    return pruned


def _carry_out(
    connection: Connection, settings: Settings, rule: Rule, end: float, begin: int | None
) -> Pruned:
    """One rule, until its time is over; `begin` is the position to begin at, None: as noted."""
    rows, is_done = 0, False
    values = rule.values(settings) | {"rows": ROWS_AT_ONCE}
    connection.execute(BEGIN, [rule.name])
    try:
        while not is_done and monotonic() < end:
            try:
                with connection.transaction():
                    step = _step(connection, rule, values, begin)
            except psycopg.errors.QueryCanceled:
                if not _is_smaller(values):
                    raise
                continue
            begin = None
            rows, is_done = rows + step.rows, step.is_done
    except (*IN_THE_WAY, psycopg.errors.QueryCanceled) as error:
        log.warning("Retention of %s goes on later: %s", rule.table, error)
    return Pruned(rule, rows, is_done)


def _is_smaller(values: dict[str, Any]) -> bool:
    """Make the next steps smaller, on a server that is too slow for them; False: they are small."""
    if values["rows"] <= LEAST_ROWS:
        return False
    values["rows"] = max(values["rows"] // 4, LEAST_ROWS)
    values["batches"] = max(values["batches"] // 4, 1)
    return True


def _step(connection: Connection, rule: Rule, values: dict[str, Any], begin: int | None) -> _Step:
    """Delete or fold a few rows and note how far the rule has come. In the caller's transaction."""
    connection.execute(LIMITS)
    row = connection.execute(POSITION, [rule.name]).fetchone()
    assert row is not None
    position = row[0] if begin is None else begin
    with connection.cursor(row_factory=class_row(_Step)) as cursor:
        step = cursor.execute(rule.step(), values | {"position": position}).fetchone()
    assert step is not None
    connection.execute(NOTE, asdict(step) | {"rule": rule.name})
    return step
