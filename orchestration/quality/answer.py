"""An answer as the gate sees it: the API's rows for one client and window, all levels together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import orjson

from orchestration.answers.families import Own
from orchestration.answers.history import History
from orchestration.answers.results import Row, with_all_results
from orchestration.answers.slices import Contents
from orchestration.answers.standing import Standing
from orchestration.answers.violation import Violation
from orchestration.answers.window import Window
from orchestration.quality.rows.evidence import Evidence
from orchestration.quality.witness import Witness


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the gate must know of the ad account: its id without `act_`, currency, and days.

    `finished_until` is yesterday in the account's time zone, `due_day` the latest day that is due.
    `conversion_families` is what the client counts; None: what the seed flags.
    """

    account_id: str
    currency: str
    finished_until: date
    due_day: date
    conversion_families: Own = None


class Answer:
    """What the API said about one client and window, by level; `account` has the control totals.

    Rows are added page by page and not kept: `contents` go to the warehouse, `evidence` is what the
    gate looks at. `calls` counts the attempts, `duplicates` the rows that came on two pages and
    were taken once. `history` is what is known of the client's days so far, `standing` what stands
    in staging of the days that the answer would change. `witnesses` are the deeper levels that were
    asked, `mended` the level that completed a day, `originals` the completed rows as they came.
    `violations` are those found outside of the suites. `asked_for_deleted` says whether the
    client's deleted campaigns were asked for. `names_conversions` is false for an export that does
    not say how many conversions there were.
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
        self.violations: list[Violation] = []
        self.asked_for_deleted = False
        self.names_conversions = True
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
        """An answer of which all rows, by level, are at hand."""
        answer = cls(window, account, batch_id, rows, history)
        for level, of_level in rows.items():
            answer.add(level, of_level)
        return answer

    def add(self, level: str, rows: Sequence[Row]) -> None:
        """Take in more rows of a level, as they came."""
        completed = [with_all_results(row) for row in rows]
        self.contents[level].add(rows, completed)
        self.evidence.add(level, completed)

    def rows(self, level: str) -> list[Row]:
        """The rows of a level, from the JSON that is kept of them."""
        return [orjson.loads(document.row) for document in self.contents[level].documents(())]

    def with_rows(self, changed: Mapping[str, Sequence[Row]]) -> "Answer":
        """The same answer with other rows at some levels."""
        answer = Answer(self.window, self.account, self.batch_id, self.contents, self.history)
        answer.standing, answer.witnesses = self.standing, self.witnesses
        answer.mended, answer.originals = self.mended, self.originals
        answer.violations, answer.asked_for_deleted = self.violations, self.asked_for_deleted
        answer.calls, answer.duplicates = self.calls, self.duplicates
        answer.names_conversions = self.names_conversions
        for level in self.contents:
            answer.add(level, changed[level] if level in changed else self.rows(level))
        return answer

    @property
    def figures(self) -> dict[date, dict[str, Decimal]]:
        """The sums of each day's campaigns, by the names of `ops.restatements`."""
        levels = self.evidence.sums
        totals = levels.get("account", {})
        return {day: sums.figures(totals.get(day)) for day, sums in levels["campaign"].items()}

    @property
    def row_count(self) -> int:
        """Rows of all levels."""
        return sum(contents.row_count for contents in self.contents.values())
