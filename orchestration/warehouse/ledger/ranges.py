"""Collections of a range of days that a person asked for; an interrupted one goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.warehouse.connection import Connection

RESUMED_WITHIN_HOURS = 48
"""An older one starts again: its days may have been restated since."""


@dataclass(frozen=True)
class RangeCollection:
    """A range that is being collected; `is_resumed`: an earlier process did not finish it."""

    range_id: int
    begun_at: datetime
    is_resumed: bool


def begin_range(
    connection: Connection, since: date, until: date | None, client_ids: Sequence[str]
) -> RangeCollection:
    """Resume the same range if it was left unfinished, else begin it."""
    request = {"since": since, "until": until, "clients": sorted(client_ids)}
    unfinished = connection.execute(
        """
        select range_id, begun_at from ops.range_collections
        where since = %(since)s and until is not distinct from %(until)s
            and client_ids = %(clients)s and finished_at is null
            and begun_at > clock_timestamp() - make_interval(hours => %(hours)s)
        order by range_id limit 1
        """,
        request | {"hours": RESUMED_WITHIN_HOURS},
    ).fetchone()
    if unfinished is not None:
        return RangeCollection(unfinished[0], unfinished[1], is_resumed=True)
    begun = connection.execute(
        "insert into ops.range_collections (since, until, client_ids) "
        "values (%(since)s, %(until)s, %(clients)s) returning range_id, begun_at",
        request,
    ).fetchone()
    assert begun is not None
    return RangeCollection(begun[0], begun[1], is_resumed=False)


def finish_range(connection: Connection, ranged: RangeCollection) -> None:
    """Note that every day of the range was asked for."""
    connection.execute(
        "update ops.range_collections set finished_at = clock_timestamp() "
        "where range_id = %s and finished_at is null",
        [ranged.range_id],
    )


def days_of_range(connection: Connection, ranged: RangeCollection) -> dict[str, set[date]]:
    """By client, the days that were answered well since the range was begun."""
    days: dict[str, set[date]] = {}
    for client_id, day in connection.execute(
        "select client_id, date_day from ops.slice_state "
        "where level = 'campaign' and confirmed_at > %s",
        [ranged.begun_at],
    ):
        days.setdefault(client_id, set()).add(day)
    return days
