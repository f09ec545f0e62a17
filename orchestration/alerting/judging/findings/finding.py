"""One finding, and the texts about days that findings share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.alerting.messages.severity import Severity
from orchestration.days import days_in_words

NEVER_ASKED = "never asked"
"""The reason of a day that nobody has asked for, as the health checks write it."""
NOT_PUBLISHED = "in, and not published yet"
"""The reason of a day that has come: readers of the marts do not have it before the next build."""
Day = tuple[str, str]
"""A client and a day."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that an evaluation found and that a rule is about.

    `text` says what is wrong, without amounts; `figures` hold these. `clients` are all clients that
    a cause concerns. `details` go into the column `facts` of the alert. `raised_to` is a severity
    above the rule's own.
    """

    rule: str
    client_id: str | None = None
    text: str
    subject: str = ""
    days: tuple[str, ...] = ()
    since: datetime | None = None
    figures: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    raised_to: Severity | None = None

    @property
    def fingerprint(self) -> str:
        """What makes it the same finding in the next evaluation."""
        return f"{self.rule}:{self.client_id or ''}:{self.subject}"

    @property
    def severity(self) -> Severity:
        """The rule's own severity, unless something has raised it."""
        return self.raised_to or ALERT_RULES[self.rule].severity

    @property
    def is_never_asked_for(self) -> bool:
        """Whether it is only about days that nobody has asked for yet."""
        return {*self.details.get("reasons", {}).values()} == {NEVER_ASKED}


def reasons_in_words(days_by_reason: Mapping[str, Iterable[str]]) -> str:
    """`2026-11-01 to 2026-11-03: never asked; 2026-11-07: HTTP 500`."""
    return "; ".join(f"{days_in_words(days)}: {reason}" for reason, days in days_by_reason.items())


def days_between(since: date, until: date) -> tuple[str, ...]:
    """Every day of a span, both ends included."""
    return tuple(str(since + timedelta(days=n)) for n in range((until - since).days + 1))


def instant_of(text: str | None) -> datetime | None:
    """An instant of a health check's detail."""
    return datetime.fromisoformat(text) if text else None
