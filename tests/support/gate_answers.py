"""Answers for the gate: three days of one campaign, and changes that break them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from factories import answered

from orchestration.answers.history import History
from orchestration.answers.results import Row
from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.verdict import Verdict

SINCE, BAD, UNTIL = date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)
WINDOW = Window("a", SINCE, UNTIL)
PLAIN = [
    {"action_type": "link_click", "value": "40"},
    {"action_type": "omni_purchase", "value": "3"},
]
WORTH = [{"action_type": "omni_purchase", "value": "99.90"}]
Change = Callable[[Row, Row], None]


def row(day: date, **changes: Any) -> Row:
    """What the API says of a day, at account level."""
    values: Row = {
        "impressions": str(1000 + (day - BAD).days),
        "reach": "800",
        "clicks": "50",
        "inline_link_clicks": "40",
        "actions": PLAIN,
        "action_values": WORTH,
    }
    return answered(day) | values | changes


@dataclass
class Given:
    """What came, still open to changes."""

    window: Window
    account: Account
    rows: dict[str, list[Row]]
    history: History = field(default_factory=History)

    @property
    def answer(self) -> Answer:
        return Answer.of(self.window, self.account, 1, self.rows, self.history)


def given(*, client_id: str = "a", finished_until: date = UNTIL) -> Given:
    """Three days of one campaign, which is the whole account."""
    return Given(
        Window(client_id, SINCE, UNTIL),
        Account(account_id="1", currency="EUR", finished_until=finished_until, due_day=UNTIL),
        {
            "account": [row(day) for day in WINDOW.days],
            "campaign": [row(day, campaign_id="11", campaign_name="C") for day in WINDOW.days],
        },
    )


def spoiled(change: Change, **how: Any) -> Given:
    """The same with one day changed: `change(campaign row, account row)`."""
    made = given(**how)
    change(made.rows["campaign"][1], made.rows["account"][1])
    return made


def both(**values: Any) -> Change:
    """The same fields at both levels, so that they still agree."""

    def change(part: Row, total: Row) -> None:
        part.update(values)
        total.update(values)

    return change


def part_only(**values: Any) -> Change:
    return lambda part, total: part.update(values)


def total_only(**values: Any) -> Change:
    return lambda part, total: total.update(values)


def found(verdict: Verdict) -> set[tuple[str, str, date | None]]:
    return {(v.rule, v.severity, v.date_day) for v in verdict.violations}
