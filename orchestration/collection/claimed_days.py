"""Claims client-days for one collection, so that no other asks for them at the same time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.fetcher import levels_of
from orchestration.collection.plan import stretches
from orchestration.collection.settling.outcome import WindowTask
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import open_batch
from orchestration.warehouse.ledger.claims import (
    Claim,
    claim_days,
    release_all,
    release_days,
    renew_claims,
)
from orchestration.warehouse.ledger.owed import days_tried_since

RENEW_SECONDS = 60.0
"""How often the claims are renewed."""


@dataclass(frozen=True)
class OpenedWindow:
    """A window whose days were claimed as far as possible.

    Attributes:
        tasks: what to ask for.
        held_by_others: days that another collection is asking for.
        tried_meanwhile: days that another collection tried since the work was planned.
    """

    tasks: list[WindowTask]
    held_by_others: list[Window]
    tried_meanwhile: set[date]


@dataclass(kw_only=True)
class ClaimedDays:
    """The claims of one collection.

    Attributes:
        connection: to the warehouse, in autocommit.
        claim: the collection and its process.
        latest_receipt: the latest receipt of the ledger when the work was planned. Days with a
            later receipt are not asked for again.
        about: `run_id` and `api_version`, stored with each batch.
    """

    connection: Connection
    claim: Claim
    latest_receipt: int
    about: Mapping[str, str]
    _renewed_at: float = field(default_factory=monotonic, init=False)

    def open(self, client: Client, window: Window) -> OpenedWindow:
        """Claim the days of a window and open a batch for each part that is to be asked for."""
        client_id = client.client_id
        with self.connection.transaction():
            claimed = claim_days(self.connection, self.claim, client_id, window.days)
            # Read only now: nobody else can try these days any more.
            tried = days_tried_since(self.connection, client_id, claimed, self.latest_receipt)
            release_days(self.connection, self.claim, client_id, sorted(tried))
            parts = stretches(client_id, [day for day in claimed if day not in tried])
            tasks = [self._open_batch(client, part) for part in parts]
        held = stretches(client_id, [day for day in window.days if day not in claimed])
        return OpenedWindow(tasks, held, tried)

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

    def _open_batch(self, client: Client, window: Window) -> WindowTask:
        batch_id = open_batch(
            self.connection, client.client_id, window.days, levels_of(client), self.about
        )
        return WindowTask(window=window, batch_id=batch_id)
