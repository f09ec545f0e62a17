"""One attempt to send a message to a destination, and the pause before the next attempt."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.alerting.destinations.secrets import redact
from orchestration.alerting.messages.message import (
    Destination,
    Message,
    RefusedError,
    UnavailableError,
)

LATER_SECONDS = (30.0, 60.0, 120.0, 240.0, 480.0, 900.0)
"""The pauses after those of META_ADS_RETRY_DELAYS; the last one repeats."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AttemptOutcome:
    """How one attempt ended: exactly one of receipt, refused and unavailable is set."""

    receipt: str = ""
    refused: str = ""
    unavailable: str = ""
    after_seconds: float | None = None

    def redacted(self, secrets: Sequence[str]) -> "AttemptOutcome":
        """The same without secrets in its texts."""
        return AttemptOutcome(
            receipt=redact(self.receipt, secrets),
            refused=redact(self.refused, secrets),
            unavailable=redact(self.unavailable, secrets),
            after_seconds=self.after_seconds,
        )


def attempt(destination: Destination, message: Message) -> AttemptOutcome:
    """Send a message once; every way in which that can end is an outcome."""
    try:
        return AttemptOutcome(receipt=destination.send(message) or "accepted")
    except RefusedError as error:
        return AttemptOutcome(refused=str(error))
    except UnavailableError as error:
        return AttemptOutcome(unavailable=str(error), after_seconds=error.after_seconds)
    except Exception as error:
        # Nothing that goes wrong with one destination may stop the others. The text of the error
        # may hold a secret.
        kind = type(error).__name__
        log.error("Sending to %s failed: %s", destination.name, kind)
        return AttemptOutcome(unavailable=kind)


def pause(attempts: int, delays: Sequence[float], after_seconds: float | None) -> float:
    """The pause in seconds after so many attempts: 2, 4, 8, then longer, or what was asked for."""
    pauses = (*delays, *LATER_SECONDS)
    return max(after_seconds or 0.0, pauses[min(attempts, len(pauses)) - 1])
