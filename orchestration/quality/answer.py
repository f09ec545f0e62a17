"""What is judged: the API's rows for one client and window, all levels together."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from orchestration.warehouse.history import History

Row = dict[str, Any]

ENTITY_FIELD = {
    "account": "account_id",
    "campaign": "campaign_id",
    "adset": "adset_id",
    "ad": "ad_id",
}
"""The field that names the object of a row, by level."""


@dataclass(frozen=True)
class Window:
    """Days of one client, both ends included."""

    client_id: str
    since: date
    until: date

    @property
    def days(self) -> list[date]:
        """Every day of the window."""
        return [self.since + timedelta(n) for n in range((self.until - self.since).days + 1)]


@dataclass(frozen=True)
class Account:
    """What the gate must know of the ad account: its id without `act_`, currency, and days.

    `finished_until` is the account's yesterday, `due_day` the latest day that is due.
    """

    account_id: str
    currency: str
    finished_until: date
    due_day: date


@dataclass
class Answer:
    """The rows of a batch by level; `account` holds the control totals.

    `calls` are the attempts it took, `duplicates` the rows that came on two pages and stand once.
    `history` is what is known of the client's days so far.
    """

    window: Window
    account: Account
    batch_id: int
    rows: dict[str, list[Row]]
    calls: int = 0
    duplicates: int = 0
    history: History = field(default_factory=History)

    @property
    def row_count(self) -> int:
        """Rows of all levels."""
        return sum(len(rows) for rows in self.rows.values())


def day_of(row: Row) -> date | None:
    """The account day of a row; None where it names none."""
    try:
        return date.fromisoformat(row["date_start"])
    except (KeyError, TypeError, ValueError):
        return None
