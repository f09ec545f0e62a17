"""Delivery: what waits in the outbox is sent, each message to its destination once.

A message is claimed in one transaction, sent outside of any, and noted in another. A process that
dies in between leaves the claim; the next one sends again, with the same key. So a message is
never lost, and comes twice only where a destination took it and the process died before noting it.
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
from orchestration.alerting.destinations.secrets import hidden_values, redact
from orchestration.alerting.destinations.setup import Setup, destinations
from orchestration.alerting.messages.message import Draft
from orchestration.clients.routes import routes_as_they_are
from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.heartbeats import beat
from orchestration.warehouse.ledger import recovery_file as recovery_log
from orchestration.warehouse.migrations import migrate

DELIVERY = "alert_delivery"
"""The heartbeat of deliveries."""
GIVE_UP_SECONDS = 24 * 3600.0
"""A destination that takes nothing for a day is given up for the message."""
ELSEWHERE_SECONDS = 3600.0
"""So long a destination may take nothing before others get what is meant for it."""
BUSY_SECONDS = 14.0
"""After this time nothing new is begun, so that a tick of a sensor ends in time."""
ALONE = ("heartbeat", "test")
"""Messages about the destination itself: no other one takes them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """How many messages were sent, are tried again later, and were given up."""

    sent: int = 0
    delayed: int = 0
    failed: int = 0
    unreachable: str = ""


def deliver(settings: Settings, *, seconds: float = 0.0) -> Delivery:
    """Send what waits; with `seconds` also what may be sent again within that time.

    While the warehouse cannot be reached, what is to be told about that is sent all the same.
    """
    routes = routes_as_they_are(settings)
    setup = destinations(settings, routes)
    hidden = hidden_values(settings, routes, {})
    deliver_offline(settings, setup, hidden)
    try:
        migrate(settings)
        with connect(settings, autocommit=True) as connection:
            sync_destinations(connection, setup.on, setup.off)
            sender = _Sender(settings, connection, setup, hidden)
            done = sender.run(seconds)
            beat(connection, DELIVERY, settings.alert_interval_seconds)
            return done
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

    def run(self, seconds: float) -> Delivery:
        """Until nothing waits that may be sent within the time."""
        begun = time.monotonic()
        with ThreadPoolExecutor(max(1, len(self.setup.on)), thread_name_prefix="deliver") as pool:
            while time.monotonic() - begun < max(seconds, BUSY_SECONDS):
                names = [*self.setup.on, *self._gone()]
                claimed = outbox.claim(self.connection, names, self.owner)
                if claimed:
                    attempts = {pool.submit(self._attempt, one): one for one in claimed}
                    # Noted as they end: what one destination took does not wait for another.
                    for done in as_completed(attempts):
                        self._note(attempts[done], done.result())
                    continue
                wait = outbox.next_in_seconds(self.connection, names)
                if wait is None or time.monotonic() - begun + wait > seconds:
                    break
                time.sleep(wait)
        return self.counts

    def _gone(self) -> list[str]:
        """Destinations that messages wait for and that are off now."""
        rows = self.connection.execute(
            "select distinct destination from ops.alert_messages "
            "where state = 'waiting' and not destination = any(%s)",
            [list(self.setup.on)],
        ).fetchall()
        return [name for (name,) in rows]

    def _attempt(self, claimed: Claimed) -> AttemptOutcome:
        name = claimed.message.destination
        if name not in self.setup.on:
            why = self.setup.off.get(name, "it is no longer among the routes")
            return AttemptOutcome(refused=f"it is off: {why}")
        outcome = attempt(self.setup.on[name], claimed.message)
        return replace(
            outcome,
            refused=redact(outcome.refused, self.hidden),
            unavailable=redact(outcome.unavailable, self.hidden),
            receipt=redact(outcome.receipt, self.hidden),
        )

    def _note(self, claimed: Claimed, outcome: AttemptOutcome) -> None:
        if outcome.receipt:
            outbox.note_sent(self.connection, claimed, outcome.receipt)
            self.counts = replace(self.counts, sent=self.counts.sent + 1)
        elif outcome.refused:
            self._give_up(claimed, "refused", outcome.refused)
        elif self._is_hopeless(claimed):
            self._give_up(claimed, "expired", outcome.unavailable)
        else:
            seconds = pause(claimed.attempts, self.settings.retry_delays, outcome.after_seconds)
            outbox.note_delayed(self.connection, claimed, outcome.unavailable, seconds)
            self.counts = replace(self.counts, delayed=self.counts.delayed + 1)

    def _is_hopeless(self, claimed: Claimed) -> bool:
        if claimed.failing_seconds > ELSEWHERE_SECONDS and self._elsewhere(claimed):
            return True
        return min(claimed.failing_seconds, claimed.age_seconds) > GIVE_UP_SECONDS

    def _elsewhere(self, claimed: Claimed) -> str | None:
        """The next destination that takes a message in the place of its own, if it lacks it."""
        content = claimed.message.content
        if content.kind in ALONE:
            return None
        tried = {claimed.message.destination, *self._refused_before(claimed)}
        for name in self.setup.on:
            if name not in tried and ":" not in name:
                told = outbox.was_told(self.connection, claimed, name)
                return None if told else name
        return None

    def _refused_before(self, claimed: Claimed) -> list[str]:
        """The destinations that this message came from."""
        rows = self.connection.execute(
            "with recursive chain as ("
            "select instead_of from ops.alert_messages where message_id = %s union all "
            "select m.instead_of from ops.alert_messages as m "
            "inner join chain as c on m.message_id = c.instead_of) "
            "select m.destination from chain as c "
            "inner join ops.alert_messages as m on c.instead_of = m.message_id",
            [claimed.message_id],
        ).fetchall()
        return [name for (name,) in rows]

    def _give_up(self, claimed: Claimed, state: str, error: str) -> None:
        content = claimed.message.content
        name = claimed.message.destination
        instead = None
        if (other := self._elsewhere(claimed)) is not None:
            note = f"{name} did not take this message ({error}); it comes here instead."
            instead = Draft(
                other,
                replace(content, note=f"{note} {content.note}".strip()),
                instead_of=claimed.message_id,
            )
        outbox.note_failed(self.connection, claimed, state, error, instead)
        log.error("%s did not take message %s: %s", name, claimed.message_id, error)
        recovery_log.log_named(self.settings, self.connection, "message", claimed.message_id)
        self.counts = replace(self.counts, failed=self.counts.failed + 1)
