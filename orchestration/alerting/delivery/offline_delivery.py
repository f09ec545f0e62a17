"""Sends the messages about an outage of the warehouse while it lasts: there is no outbox then."""

from collections.abc import Sequence

from orchestration.alerting.delivery import offline
from orchestration.alerting.delivery.attempt import AttemptOutcome, attempt, pause
from orchestration.alerting.destinations.setup import Setup
from orchestration.settings import Settings


def deliver_offline(settings: Settings, setup: Setup, hidden: Sequence[str]) -> None:
    """Send each message that waits, and note how that ended."""
    for message in offline.waiting_messages(settings):
        destination = setup.on.get(message.destination)
        if destination is None:
            outcome = AttemptOutcome(refused="it is off")
        else:
            outcome = attempt(destination, message).redacted(hidden)
        if outcome.receipt:
            offline.note_sent(settings, message.key, outcome.receipt)
        elif outcome.refused:
            offline.note_refused(settings, message.key, outcome.refused)
        else:
            attempts = offline.attempts(settings, message.key) + 1
            seconds = pause(attempts, settings.retry_delays, outcome.after_seconds)
            offline.note_delayed(settings, message.key, outcome.unavailable, seconds)
