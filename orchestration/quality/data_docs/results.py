"""What became of suites and their rules, as far as Data Docs show it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from orchestration.days import DayRange, day_of, folded

MOST_WITH_BROKEN, MOST_WITHOUT = 12, 3
"""So many suites, with and without a broken rule, are kept of a run."""
MOST_RANGES, MOST_OF_DAY, MOST_OF_RANGE = 20, 20, 3
"""So many ranges of days are on a page for each rule, and so many examples for a day that is alone
or for a range of them; the rows themselves are in quarantine."""
EXAMPLE_CHARACTERS = 300

Example = tuple[str, str, str]
"""A client, a day as the row has it, and the description of a row that broke a rule."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What broke a rule on neighbouring days of a client.

    `examples` describe rows, each with how often it occurs; `more` is how many others there are.
    """

    where: str
    examples: Sequence[tuple[str, int]]
    more: int


@dataclass(frozen=True, kw_only=True)
class CheckedRule:
    """What became of one expectation.

    `more` counts ranges of days and `not_described` rows beside `found`.
    """

    rule: str
    severity: str
    description: str
    holds: bool
    row_count: int
    broken_count: int
    found: Sequence[Found]
    more: int
    not_described: int


@dataclass(frozen=True)
class CheckedSuite:
    """What became of one suite on a group of answers that were judged together."""

    name: str
    rules: Sequence[CheckedRule]

    @property
    def broken(self) -> list[CheckedRule]:
        """The rules that do not hold."""
        return [rule for rule in self.rules if not rule.holds]

    @property
    def held(self) -> list[CheckedRule]:
        """The rules that hold."""
        return [rule for rule in self.rules if rule.holds]


@dataclass
class SuiteResults:
    """Collects what became of the suites in a run; there is room for some of each kind."""

    suites: list[CheckedSuite] = field(default_factory=list)

    def has_room(self, *, broken: bool) -> bool:
        """Whether another suite, with or without a broken rule, would be kept."""
        alike = sum(bool(suite.broken) == broken for suite in self.suites)
        return alike < (MOST_WITH_BROKEN if broken else MOST_WITHOUT)


def checked_rule(result: Any, examples: Iterable[Example]) -> CheckedRule:
    """What became of one expectation, from its result in Great Expectations."""
    config, counts = result.expectation_config, result.result
    described = [*examples]
    found, broken = _found(described), counts.get("unexpected_count", 0)
    return CheckedRule(
        rule=config.meta["rule"],
        severity=config.meta["severity"],
        description=config.description or "",
        holds=bool(result.success),
        row_count=counts.get("element_count", 0),
        broken_count=broken,
        found=found[:MOST_RANGES],
        more=len(found[MOST_RANGES:]),
        not_described=max(0, broken - len(described)),
    )


def _found(examples: Iterable[Example]) -> list[Found]:
    """Neighbouring days of a client together; what a row has instead of a day, by itself."""
    dated: list[tuple[str, date, str]] = []
    others: dict[str, list[str]] = defaultdict(list)
    for client_id, text, example in examples:
        if day := day_of(text):
            dated.append((client_id, day, example))
        else:
            others[f"{client_id} {_shortened(text)}"].append(example)
    ranges = folded(dated, lambda row: row[0], lambda row: (row[1], row[1]))
    return [
        *(_of_range(days) for days in ranges),
        *(_some(where, texts, MOST_OF_DAY) for where, texts in others.items()),
    ]


def _of_range(days: DayRange[tuple[str, date, str]]) -> Found:
    where = f"{days.rows[0][0]} {days}"
    if days.count == 1:
        return _some(where, [example for *_, example in days.rows], MOST_OF_DAY)
    return _some(where, [f"{day}: {example}" for _, day, example in days.rows], MOST_OF_RANGE)


def _some(where: str, texts: Sequence[str], most: int) -> Found:
    occurrences = Counter(texts)
    shown = [(_shortened(text), times) for text, times in occurrences.most_common(most)]
    return Found(where=where, examples=shown, more=len(occurrences) - len(shown))


def _shortened(text: str) -> str:
    return text if len(text) <= EXAMPLE_CHARACTERS else f"{text[:EXAMPLE_CHARACTERS]}…"
