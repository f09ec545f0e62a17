"""What became of suites and their rules, as far as Data Docs show it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_WITH_BROKEN, MOST_WITHOUT = 12, 3
"""So many suites, with and without a broken rule, are kept of a run."""
MOST_EXAMPLES = 20
"""So many examples are on a page for each rule; the rows themselves are in quarantine."""
EXAMPLE_CHARACTERS = 300
NOT_ARGUMENTS = ("batch_id", "row_condition")


@dataclass(frozen=True, kw_only=True)
class CheckedRule:
    """What became of one expectation.

    `examples` say which client-days break it and how, each with how often it occurs; `more` is how
    many other examples there are.
    """

    rule: str
    severity: str
    description: str
    expectation: str
    holds: bool
    row_count: int
    broken_count: int
    examples: Sequence[tuple[str, int]]
    more: int


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


def checked_rule(result: Any, examples: Iterable[str]) -> CheckedRule:
    """What became of one expectation, from its result in Great Expectations."""
    config, counts = result.expectation_config, result.result
    occurrences = Counter(examples)
    most = occurrences.most_common(MOST_EXAMPLES)
    not_described = max(0, counts.get("unexpected_count", 0) - occurrences.total())
    return CheckedRule(
        rule=config.meta["rule"],
        severity=config.meta["severity"],
        description=config.description or "",
        expectation=_expectation(config),
        holds=bool(result.success),
        row_count=counts.get("element_count", 0),
        broken_count=counts.get("unexpected_count", 0),
        examples=[(_shortened(example), times) for example, times in most],
        more=len(occurrences) + not_described - len(most),
    )


def _expectation(config: Any) -> str:
    """`expect_column_values_to_be_between(column=spend_n, min_value=0)`."""
    arguments = [f"{k}={v}" for k, v in config.kwargs.items() if k not in NOT_ARGUMENTS]
    return f"{config.type}({', '.join(arguments)})"


def _shortened(example: str) -> str:
    if len(example) <= EXAMPLE_CHARACTERS:
        return example
    return f"{example[:EXAMPLE_CHARACTERS]}…"
