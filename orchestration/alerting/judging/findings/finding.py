"""One finding, and how it is put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.alerting.messages.message import Severity
from orchestration.alerting.messages.rules import BY_NAME
from orchestration.text import days_in_words

NEVER_ASKED = "never asked"
"""As the health checks call it."""
Day = tuple[str, str]
"""A client and a day."""


@dataclass(frozen=True)
class Finding:
    """One fact that a rule is about.

    `text` says what is with the client, without amounts; `figures` hold those. `clients` are the
    clients that a cause concerns. `severity` is the rule's own unless something made it worse.
    """

    rule: str
    client_id: str | None
    text: str
    subject: str = ""
    days: tuple[str, ...] = ()
    since: datetime | None = None
    figures: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None

    @property
    def fingerprint(self) -> str:
        """What makes it the same finding the next time."""
        return f"{self.rule}:{self.client_id or ''}:{self.subject}"

    @property
    def is_unasked(self) -> bool:
        """Whether it is about days only that nobody has asked for yet."""
        return {*self.facts.get("reasons", {}).values()} == {NEVER_ASKED}

    @property
    def is_as_bad_as(self) -> Severity:
        """Its severity."""
        return self.severity or BY_NAME[self.rule].severity


def told(reasons: Mapping[str, Iterable[str]]) -> str:
    return "; ".join(f"{days_in_words(days)}: {reason}" for reason, days in reasons.items())


def days_between(since: date, until: date) -> tuple[str, ...]:
    return tuple(str(since + timedelta(days=n)) for n in range((until - since).days + 1))


def instant_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
