"""Claims client-days for one collection, so that no other asks for them at the same time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.fetcher import levels_of
from orchestration.collection.plan import stretches
from orchestration.collection.settling.outcome import WindowTask
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import open_batches
from orchestration.warehouse.ledger.claims import (
    Claim,
    ClientDay,
    claim_client_days,
    release_all,
    release_days,
    renew_claims,
)
from orchestration.warehouse.ledger.owed import days_tried_since

RENEW_SECONDS = 60.0
"""How often the claims are renewed."""


@dataclass(frozen=True)
class Opened:
    """Windows whose days were claimed as far as possible.

    Attributes:
        tasks: what to ask for.
        held_by_others: days that another collection is asking for.
        tried_meanwhile: days that another collection tried since the work was planned.
    """

    tasks: list[WindowTask]
    held_by_others: list[Window]
    tried_meanwhile: set[ClientDay]


@dataclass(kw_only=True)
class ClaimedDays:
    """The claims of one collection.

    Attributes:
        connection: to the warehouse, in autocommit.
        clients: by their ids.
        claim: the collection and its process.
        latest_receipt: the latest receipt of the ledger when the work was planned. Days with a
            later receipt are not asked for again.
        about: `run_id` and `api_version`, stored with each batch.
    """

    connection: Connection
    clients: Mapping[str, Client]
    claim: Claim
    latest_receipt: int
    about: Mapping[str, str]
    _renewed_at: float = field(default_factory=monotonic, init=False)

    def open(self, windows: Sequence[Window]) -> Opened:
        """Claim the days of windows, and open a batch for each part that is to be asked for.

        All in one transaction, which costs little more for many windows than for one.
        """
        days = [(window.client_id, day) for window in windows for day in window.days]
        with self.connection.transaction():
            claimed = claim_client_days(self.connection, self.claim, days)
            # Read only now: nobody else can try these days any more.
            tried = days_tried_since(self.connection, claimed, self.latest_receipt)
            for client_id, of_client in _by_client(tried).items():
                release_days(self.connection, self.claim, client_id, of_client)
            parts = _parts(windows, claimed - tried)
            tasks = self._open_batches(parts) if parts else []
        return Opened(tasks, _parts(windows, {*days} - claimed), tried)

    def renew(self) -> None:
        """Renew the claims once a minute; without that, other collections take the days over."""
        if monotonic() - self._renewed_at > RENEW_SECONDS:
            renew_claims(self.connection, self.claim)
            self._renewed_at = monotonic()

    def release(self, window: Window) -> None:
        """Give up the claim on the days of a window."""
        release_days(self.connection, self.claim, window.client_id, window.days)

    def release_all(self) -> None:
        """Give up every claim of the collection."""
        release_all(self.connection, self.claim)

    def _open_batches(self, parts: Sequence[Window]) -> list[WindowTask]:
        levels = [(part, levels_of(self.clients[part.client_id])) for part in parts]
        batches = open_batches(self.connection, levels, self.about)
        return [WindowTask(window=part, batch_id=batches[part]) for part in parts]


def _parts(windows: Sequence[Window], days: Collection[ClientDay]) -> list[Window]:
    """The windows without the days that are not among `days`: each gives any number of parts."""
    return [
        part
        for window in windows
        for part in stretches(
            window.client_id, [day for day in window.days if (window.client_id, day) in days]
        )
    ]


def _by_client(days: Collection[ClientDay]) -> dict[str, list[date]]:
    by_client: dict[str, list[date]] = {}
    for client_id, day in sorted(days):
        by_client.setdefault(client_id, []).append(day)
    return by_client
