"""What is judged: the API's rows for one client and window, all levels together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from orchestration.answers.families import Own
from orchestration.answers.history import History
from orchestration.answers.results import folded
from orchestration.answers.slices import Contents
from orchestration.answers.standing import Standing
from orchestration.answers.violation import Violation
from orchestration.answers.window import Window
from orchestration.quality.evidence import Evidence, Row
from orchestration.quality.witness import Witness


@dataclass(frozen=True)
class Account:
    """What the gate must know of the ad account: its id without `act_`, currency, and days.

    `finished_until` is the account's yesterday, `due_day` the latest day that is due,
    `conversion_families` what the client counts, where it is not what the seed flags.
    """

    account_id: str
    currency: str
    finished_until: date
    due_day: date
    conversion_families: Own = None


class Answer:
    """What came for one client and window, by level; `account` holds the control totals.

    Rows are taken in page by page and not kept: `contents` go to the warehouse, the gate looks at
    `evidence`. `calls` are the attempts it took, `duplicates` the rows that came on two
    pages and stand once. `history` is what is known of the client's days so far, `standing` what
    stands of those that it changes. `witness` holds what deeper levels said, `mended` the level
    that completed a day, `originals` its rows as they came; `found` are violations seen outside of
    the suites; `has_deleted`: its deleted campaigns were asked for.
    """

    def __init__(
        self,
        window: Window,
        account: Account,
        batch_id: int,
        levels: Iterable[str],
        history: History | None = None,
    ) -> None:
        self.window, self.account, self.batch_id = window, account, batch_id
        self.contents = {level: Contents(window.days) for level in levels}
        self.evidence = Evidence(window.days, self.contents, account.conversion_families)
        self.history = history or History()
        self.standing = Standing()
        self.witnesses: dict[str, Witness] = {}
        self.mended: dict[date, str] = {}
        self.found: list[Violation] = []
        self.has_deleted = False
        self.originals: list[tuple[str, Row]] = []
        self.calls = self.duplicates = 0

    @classmethod
    def of(
        cls,
        window: Window,
        account: Account,
        batch_id: int,
        rows: Mapping[str, Sequence[Row]],
        history: History | None = None,
    ) -> "Answer":
        """An answer whose rows are all there."""
        made = cls(window, account, batch_id, rows, history)
        for level, some in rows.items():
            made.add(level, some)
        return made

    def add(self, level: str, rows: Sequence[Row]) -> None:
        """So many rows of a level more."""
        whole = [folded(row) for row in rows]
        self.contents[level].add(rows, whole)
        self.evidence.add(level, whole)

    def rows(self, level: str) -> list[Row]:
        """The rows of a level, from the JSON that is kept of them."""
        return [orjson.loads(document.row) for document in self.contents[level].documents(())]

    def with_rows(self, changed: Mapping[str, Sequence[Row]]) -> "Answer":
        """The same answer with other rows at some levels."""
        made = Answer(self.window, self.account, self.batch_id, self.contents, self.history)
        made.standing, made.witnesses, made.mended = self.standing, self.witnesses, self.mended
        made.found, made.originals = self.found, self.originals
        made.has_deleted = self.has_deleted
        made.calls, made.duplicates = self.calls, self.duplicates
        for level in self.contents:
            made.add(level, changed[level] if level in changed else self.rows(level))
        return made

    @property
    def figures(self) -> dict[date, dict[str, Decimal]]:
        """Each day's sums over its campaigns, by the names of `ops.restatements`."""
        levels = self.evidence.sums
        totals = levels.get("account", {})
        return {day: sums.figures(totals.get(day)) for day, sums in levels["campaign"].items()}

    @property
    def row_count(self) -> int:
        """Rows of all levels."""
        return sum(contents.row_count for contents in self.contents.values())


def day_of(text: Any) -> date | None:
    """The account day that a text names; None where it names none."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
