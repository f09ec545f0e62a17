"""A message as it waits in the outbox, and how a destination takes or refuses it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from orchestration.alerting.messages.severity import Severity

Kind = Literal[
    "opened", "reopened", "raised", "reminder", "resolved", "digest", "heartbeat", "test"
]


@dataclass(frozen=True)
class Item:
    """One line of a message: a client with its days, the reason of a cause, an alert of a digest.

    `label` names it, `text` says what is wrong with it, `url` is its page on the dashboard; both
    may be empty.
    """

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Link:
    """A link at the end of a message."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a message says, the same for every destination.

    `title` is one line. `items` name clients and days, `more` counts the items left out. `since`
    is an instant in words; in a message about a resolved alert it is both ends, and it may be
    empty. `does` says what the system does about the alert, `do` what the reader should do; both
    may be empty. `note` says what is unusual about this message. `alerts` are ids of the alerts.
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
        """The content as JSON: what the webhook gets, and what the outbox stores."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Content":
        """The content that `document` wrote."""
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


@dataclass(frozen=True)
class Draft:
    """A message that is to be written into the outbox.

    Without `not_before` it may be sent at once. `instead_of` is the id of a message that another
    destination did not accept.
    """

    destination: str
    content: Content
    not_before: datetime | None = None
    instead_of: int | None = None


class Destination(Protocol):
    """Where messages go. `name` is `slack`, `email` or `webhook`, with `:route` for a route's own.

    `send` returns the receipt: what the other side said when it accepted the message.

    Raises:
        RefusedError: with these settings the message will never be accepted.
        UnavailableError: the message may be accepted later.
    """

    @property
    def name(self) -> str: ...

    def send(self, message: Message) -> str: ...


class RefusedError(Exception):
    """A destination refuses a message for good; the text holds no secret."""


class UnavailableError(Exception):
    """A destination does not accept a message now; the text holds no secret.

    `after_seconds` is the pause that the other side asked for, if it did.
    """

    def __init__(self, text: str, after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.after_seconds = after_seconds
