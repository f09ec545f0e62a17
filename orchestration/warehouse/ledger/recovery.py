"""Reads the view `ops.recovery_log`: what failed after its last retry, and what is still open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from orchestration.days import DayRange, folded, span
from orchestration.expectations.catalogue.reasons import sentences
from orchestration.warehouse.connection import Connection

Entry = dict[str, Any]
"""at, kind, entry, run_id, batch_id, client_id, since, until, error, reason, attempts, replay."""


def entries(
    connection: Connection, kind: str, *, batch_id: int | None = None, name: str | None = None
) -> list[Entry]:
    """The entries of a batch, or the entry of this name, such as `build-12`.

    A batch has one entry of the kind `collection`, and one of the kind `refusal` for each refused
    day.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """
            select
                at, kind, entry, run_id, batch_id, client_id, since, until, error, reason, attempts,
                replay
            from ops.recovery_log
            where kind = %(kind)s
                and (batch_id = %(batch)s or %(batch)s::bigint is null)
                and (entry = %(name)s or %(name)s::text is null)
            order by entry
            """,
            {"kind": kind, "batch": batch_id, "name": name},
        )
        return cursor.fetchall()


def open_entries(connection: Connection, client_ids: Sequence[str] = ()) -> list[Entry]:
    """The entries that are still open, oldest first; with ids only those of these clients.

    Clients that left the clients file are left out: nothing can be replayed for them.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """
            select
                r.at, r.kind, r.entry, r.run_id, r.batch_id, r.client_id, r.since, r.until, r.error,
                r.reason, r.attempts, r.replay
            from ops.recovery_log as r
            left join ops.clients as c on r.client_id = c.client_id
            where r.closed_at is null and coalesce(c.is_listed, true)
                and (%(clients)s::text[] = '{}' or r.client_id = any(%(clients)s))
            order by r.at, r.entry
            """,
            {"clients": list(client_ids)},
        )
        return cursor.fetchall()


@dataclass(frozen=True)
class Failure:
    """Entries of one cause: a failure that happened once or more, on neighbouring days.

    `latest` is the latest of them, `days` is None where they concern no client, `times` says how
    often the same days failed.
    """

    latest: Entry
    days: DayRange[Any] | None
    times: int

    @property
    def reason(self) -> str:
        """Why, with the sentences of the rules that refused the days."""
        reason = str(self.latest["reason"])
        # The view names the rules of a refusal.
        return sentences(reason.split(", ")) if self.latest["kind"] == "refusal" else reason

    @property
    def replay(self) -> str | None:
        """The command that repeats all of it."""
        command: str | None = self.latest["replay"]
        days = self.days
        if command is None or days is None:
            return command
        options = "--since {} --until {}"
        told = options.format(self.latest["since"], self.latest["until"])
        return command.replace(told, options.format(days.since, days.until))


def failures(of_entries: Iterable[Entry]) -> list[Failure]:
    """Entries as people read them: a repeated failure once, neighbouring days as one range."""
    repeated: dict[tuple[str, ...], list[Entry]] = {}
    for entry in of_entries:
        repeated.setdefault(_subject(entry), []).append(entry)
    groups = [(max(g, key=lambda entry: entry["at"]), len(g)) for g in repeated.values()]
    ranges = folded(
        (group for group in groups if group[0]["client_id"] is not None),
        lambda group: _cause(group[0]),
        lambda group: (group[0]["since"], group[0]["until"]),
    )
    return [
        *(Failure(entry, None, times) for entry, times in groups if entry["client_id"] is None),
        *(_failure(days) for days in ranges),
    ]


def _failure(days: DayRange[tuple[Entry, int]]) -> Failure:
    latest, _ = max(days.rows, key=lambda group: group[0]["at"])
    return Failure(latest, days, max(times for _, times in days.rows))


def _subject(entry: Entry) -> tuple[str, ...]:
    """What the entries of one repeated failure have in common."""
    if entry["client_id"] is None:
        return entry["kind"], entry["entry"]
    return entry["kind"], entry["client_id"], span(entry["since"], entry["until"])


def _cause(entry: Entry) -> tuple[str, ...]:
    return entry["kind"], entry["client_id"], entry["error"], entry["reason"]
