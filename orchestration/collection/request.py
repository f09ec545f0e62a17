"""What a collection was asked to do: for which clients, and for which of their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.plan import range_windows
from orchestration.progress import Progress
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import known_clients
from orchestration.warehouse.ledger.ranges import (
    RangeCollection,
    begin_range,
    days_of_range,
    finish_range,
)


@dataclass(frozen=True, kw_only=True)
class CollectionRequest:
    """What to collect: `windows`, else a range from `since` on, else what is owed.

    Attributes:
        clients: all clients of the file.
        run_id: the run that asks, stored with each batch.
        since, until: a range of days; without `until` it ends with the latest due day.
        only: ids of the clients to collect; empty for all.
        due_only: of what is owed, leave out days that pause after a failure.
        windows: exactly these days.
    """

    clients: Sequence[Client]
    run_id: str
    since: date | None = None
    until: date | None = None
    only: tuple[str, ...] = ()
    due_only: bool = False
    windows: Sequence[Window] | None = None

    def chosen_clients(self) -> list[Client]:
        """The clients to ask for anything at all.

        A paused client is asked for only if `windows` names days of it.
        """
        named = [c for c in self.clients if not self.only or c.client_id in self.only]
        if self.windows is None:
            return [c for c in named if c.status != "paused"]
        with_days = {window.client_id for window in self.windows}
        return [c for c in named if c.client_id in with_days]


@dataclass(kw_only=True)
class NamedRange:
    """The collection of every day of a range; one that was interrupted is continued.

    The fields are those of the request; `stored` is the row of the ledger, once there is one.
    """

    settings: Settings
    since: date
    until: date | None
    only: Sequence[str]
    progress: Progress
    stored: RangeCollection | None = None

    def windows_left(self, connection: Connection, clients: Sequence[Client]) -> list[Window]:
        """The windows of the range, without days that were answered since it was begun."""
        known = {k.client_id: k for k in known_clients(connection, [c.client_id for c in clients])}
        pairs = [(client, known[client.client_id]) for client in clients]
        whole = range_windows(self.settings, pairs, self.since, self.until)
        if self.stored is None:
            self.stored = begin_range(connection, self.since, self.until, self.only)
        answered = days_of_range(connection, self.stored)
        remaining = range_windows(self.settings, pairs, self.since, self.until, answered)
        count = _count_days(whole) - _count_days(remaining)
        if self.stored.is_resumed and count:
            self.progress.note(
                "Going on with the collection of this range that was begun at "
                f"{self.stored.begun_at:%Y-%m-%d %H:%M} UTC: {count} client-days are there already."
            )
        return remaining

    def finish(self, connection: Connection) -> None:
        """Note that every day of the range was asked for."""
        if self.stored is not None:
            finish_range(connection, self.stored)


def _count_days(windows: Sequence[Window]) -> int:
    return sum(len(window.days) for window in windows)
