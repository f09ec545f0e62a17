"""A message as it waits in the outbox, and what a destination may say to it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Severity = Literal["critical", "high", "medium", "low"]
Kind = Literal[
    "opened", "reopened", "raised", "reminder", "resolved", "digest", "heartbeat", "test"
]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
"""The worst first."""


def is_worse(one: str, other: str) -> bool:
    """Whether a severity is above another."""
    return SEVERITIES.index(one) < SEVERITIES.index(other)


def at_least(severity: str, lowest: str) -> bool:
    """Whether a severity is the lowest that is wanted, or above it."""
    return not is_worse(lowest, severity)


@dataclass(frozen=True)
class Item:
    """One thing of a message: a client with its days, or an alert of a digest.

    `label` names it, `text` says what is with it, `url` is its page on the dashboard (or empty).
    """

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Link:
    """A link at the end of a message."""

    label: str
    url: str


@dataclass(frozen=True)
class Content:
    """What a message says, for every destination alike.

    `title` is one line; `items` name clients and days, `more` counts those left out; `since` is an
    instant in words (once it is over both ends) or empty; `does` says what the system does about
    it, `do` what the person should do (either may be empty); `note` says what is unusual about the
    message itself. `alerts` are the ids on the dashboard.
    """

    kind: Kind
    severity: Severity
    rule: str
    title: str
    items: tuple[Item, ...] = ()
    more: int = 0
    since: str = ""
    does: str = ""
    do: str = ""
    links: tuple[Link, ...] = ()
    note: str = ""
    alerts: tuple[int, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Content":
        """What `document` wrote."""
        return cls(
            **document
            | {
                "items": tuple(Item(**item) for item in document["items"]),
                "links": tuple(Link(**link) for link in document["links"]),
                "alerts": tuple(document["alerts"]),
            }
        )


@dataclass(frozen=True)
class Message:
    """One message for one destination; `key` is the same for every attempt to send it."""

    key: str
    destination: str
    content: Content
    created_at: datetime


class Destination(Protocol):
    """Where messages go. `name` is `slack`, `email` or `webhook`, with `:route` for a route's own.

    `send` returns the receipt: what the other side said when it took the message.

    Raises:
        RefusedError: it will never take this message as things are set up.
        UnavailableError: it may take it later.
    """

    @property
    def name(self) -> str: ...

    def send(self, message: Message) -> str: ...


class RefusedError(Exception):
    """A permanent refusal; the text holds no secret."""


class UnavailableError(Exception):
    """A refusal that may pass; `after_seconds`: how long the other side wants to be left alone."""

    def __init__(self, text: str, after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.after_seconds = after_seconds


@dataclass(frozen=True)
class Draft:
    """A message to be written; without `not_before` it may go at once."""

    destination: str
    content: Content
    not_before: datetime | None = None
    instead_of: int | None = None
