"""Sends what an outage of the warehouse has to tell, while there is no outbox."""

from collections.abc import Sequence

from orchestration.alerting.delivery import offline
from orchestration.alerting.delivery.attempt import AttemptOutcome, attempt, pause
from orchestration.alerting.destinations.secrets import redact
from orchestration.alerting.destinations.setup import Setup
from orchestration.alerting.messages.message import Destination
from orchestration.settings import Settings


def deliver_offline(settings: Settings, setup: Setup, hidden: Sequence[str]) -> None:
    """Send each message of the outage that waits, and note how that ended."""
    for message in offline.waiting(settings):
        destination: Destination | None = setup.on.get(message.destination)
        outcome = (
            attempt(destination, message) if destination else AttemptOutcome(refused="it is off")
        )
        if outcome.receipt:
            offline.note(settings, message.key, "sent", redact(outcome.receipt, hidden))
        elif outcome.refused:
            offline.note(settings, message.key, "refused", redact(outcome.refused, hidden))
        else:
            tried = offline.attempts(settings, message.key) + 1
            seconds = pause(tried, settings.retry_delays, outcome.after_seconds)
            offline.note(
                settings, message.key, "waiting", redact(outcome.unavailable, hidden), seconds
            )
