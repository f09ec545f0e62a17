"""Delivery: sends what waits in the outbox, each message to its destination once.

A message is claimed in one transaction, sent outside of any, and noted in another. A process that
dies in between leaves its claim, and the next process sends the message again with the same key.
So no message is lost, and one comes twice only where a destination accepted it and the process
died before it could note that.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from orchestration.alerting.delivery import outbox
from orchestration.alerting.delivery.attempt import AttemptOutcome, attempt, pause
from orchestration.alerting.delivery.offline_delivery import deliver_offline
from orchestration.alerting.delivery.outbox import Claimed
from orchestration.alerting.delivery.state import sync_destinations
from orchestration.alerting.destinations.secrets import hidden_values
from orchestration.alerting.destinations.setup import Setup, destinations
from orchestration.alerting.messages.message import Draft
from orchestration.clients.routes import configured_routes
from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.heartbeats import beat
from orchestration.warehouse.ledger.recovery_file import log_named
from orchestration.warehouse.migrations import migrate

DELIVERY = "alert_delivery"
"""The heartbeat of deliveries in the warehouse."""
GIVE_UP_SECONDS = 24 * 3600.0
"""After this time without any accepted message, a message to a destination is given up."""
ELSEWHERE_SECONDS = 3600.0
"""After this time without any accepted message, another destination gets the message."""
BUSY_SECONDS = 14.0
"""After this time nothing new is begun, so that a tick of a sensor ends in time."""
FOR_ONE_DESTINATION = ("heartbeat", "test")
"""Kinds of messages about the destination itself: no other one gets them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """How many messages were sent, are sent again later, and were given up.

    `reasons` say of each destination why what waits for it was not accepted. `unreachable` says why
    the warehouse could not be used.
    """

    sent: int = 0
    delayed: int = 0
    failed: int = 0
    reasons: tuple[str, ...] = ()
    unreachable: str = ""

    @property
    def summary(self) -> str:
        """`2 sent, 1 tried again later, 0 given up`."""
        return f"{self.sent} sent, {self.delayed} tried again later, {self.failed} given up"


def deliver(settings: Settings, *, seconds: float = 0.0) -> Delivery:
    """Send what waits; with `seconds` also what may be sent again within that time.

    Messages about an outage of the warehouse are sent even while it lasts.
    """
    routes = configured_routes(settings)
    setup = destinations(settings, routes)
    hidden = hidden_values(settings, routes, {})
    deliver_offline(settings, setup, hidden)
    try:
        migrate(settings)
        with connect(settings, autocommit=True) as connection:
            sync_destinations(connection, setup.on, setup.off)
            delivery = _Sender(settings, connection, setup, hidden).run(seconds)
            beat(connection, DELIVERY, settings.alert_interval_seconds)
            return delivery
    except UsageError:
        raise
    except MetaAdsError as error:
        return Delivery(unreachable=str(error))


class _Sender:
    def __init__(
        self, settings: Settings, connection: Connection, setup: Setup, hidden: Sequence[str]
    ) -> None:
        self.settings, self.connection, self.setup = settings, connection, setup
        self.hidden = hidden
        self.owner = build_owner()
        self.counts = Delivery()
        self.delayed: dict[int, str] = {}

    def run(self, seconds: float) -> Delivery:
        """Send until nothing waits that may be sent within the time."""
        begun = time.monotonic()
        with ThreadPoolExecutor(max(1, len(self.setup.on)), thread_name_prefix="deliver") as pool:
            while time.monotonic() - begun < max(seconds, BUSY_SECONDS):
                # Also those that are off: what waits for them is given up.
                on = list(self.setup.on)
                names = [*on, *outbox.waiting_elsewhere(self.connection, on)]
                claimed = outbox.claim(self.connection, names, self.owner)
                if claimed:
                    attempts = {pool.submit(self._attempt, message): message for message in claimed}
                    # Noted as they end: a slow destination does not hold up the others.
                    for done in as_completed(attempts):
                        self._note(attempts[done], done.result())
                    continue
                wait = outbox.next_in_seconds(self.connection, names)
                if wait is None or time.monotonic() - begun + wait > seconds:
                    break
                time.sleep(wait)
        reasons = tuple(dict.fromkeys(self.delayed.values()))
        return replace(self.counts, delayed=len(self.delayed), reasons=reasons)

    def _attempt(self, claimed: Claimed) -> AttemptOutcome:
        name = claimed.message.destination
        if name not in self.setup.on:
            why = self.setup.off.get(name, "it is no longer among the routes")
            return AttemptOutcome(refused=f"it is off: {why}")
        return attempt(self.setup.on[name], claimed.message).redacted(self.hidden)

    def _note(self, claimed: Claimed, outcome: AttemptOutcome) -> None:
        self.delayed.pop(claimed.message_id, None)
        if outcome.receipt:
            outbox.note_sent(self.connection, claimed, outcome.receipt)
            self.counts = replace(self.counts, sent=self.counts.sent + 1)
        elif outcome.refused:
            self._give_up(claimed, "refused", outcome.refused)
        elif self._has_expired(claimed):
            self._give_up(claimed, "expired", outcome.unavailable)
        else:
            seconds = pause(claimed.attempts, self.settings.retry_delays, outcome.after_seconds)
            outbox.note_delayed(self.connection, claimed, outcome.unavailable, seconds)
            reason = f"{claimed.message.destination}: {outcome.unavailable}"
            self.delayed[claimed.message_id] = reason

    def _has_expired(self, claimed: Claimed) -> bool:
        if claimed.failing_seconds > ELSEWHERE_SECONDS and self._elsewhere(claimed):
            return True
        return min(claimed.failing_seconds, claimed.age_seconds) > GIVE_UP_SECONDS

    def _elsewhere(self, claimed: Claimed) -> str | None:
        """The next destination for a message; None if it has the message, or there is none."""
        if claimed.message.content.kind in FOR_ONE_DESTINATION:
            return None
        earlier = outbox.earlier_destinations(self.connection, claimed)
        tried = {claimed.message.destination, *earlier}
        common = (name for name in self.setup.on if name not in tried and ":" not in name)
        name = next(common, None)
        if name is None or outbox.has_message(self.connection, claimed, name):
            return None
        return name

    def _give_up(self, claimed: Claimed, state: str, error: str) -> None:
        content = claimed.message.content
        name = claimed.message.destination
        instead = None
        if (other := self._elsewhere(claimed)) is not None:
            note = f"{name} did not accept this message ({error}), so it was sent here instead."
            instead = Draft(
                other,
                replace(content, note=f"{note} {content.note}".strip()),
                instead_of=claimed.message_id,
            )
        outbox.note_failed(self.connection, claimed, state, error, instead)
        log.error("%s did not accept message %s: %s", name, claimed.message_id, error)
        log_named(self.settings, self.connection, "message", claimed.message_id)
        self.counts = replace(self.counts, failed=self.counts.failed + 1)
