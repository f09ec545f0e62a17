"""What an export says: exact rows of days, or of ranges of days, at the level of its objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from functools import cached_property
from typing import NamedTuple

from orchestration.exports.headers import LEVELS, METRICS, Columns

DIGITS = 80
"""Precision of sums: exports of other tools have up to seventeen decimals."""


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """The sum of numbers with all their digits."""
    with localcontext() as context:
        context.prec = DIGITS
        return sum(values, Decimal(0))


class Named(NamedTuple):
    """An object as the file has it; what it lacks is empty."""

    id: str
    name: str

    @property
    def key(self) -> str:
        """What tells the object from others: its id, else its name."""
        return self.id or self.name


@dataclass(frozen=True, slots=True)
class Row:
    """One object's day: a line of the file, or the sum of several, which are its `parts`.

    `until` is the last day of a row about several days, which begins on `day`. Metrics that the
    cells do not have are absent. `result_type` is what `results` of a line counts,
    as the file names it; a sum has none, because its parts may count other events.
    """

    line: int
    day: date
    until: date
    objects: Mapping[str, Named]
    metrics: Mapping[str, Decimal]
    result_type: str = ""
    parts: "Sequence[Row]" = ()

    @property
    def lines(self) -> "Sequence[Row]":
        """The lines of the file that the row stands for."""
        return self.parts or (self,)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the row's object from others."""
        return tuple(named.key for named in self.objects.values())


@dataclass(frozen=True, kw_only=True)
class Export:
    """A file that was read.

    `level` is that of its rows: account, campaign, adset or ad. `account_id` and `currency` are
    empty where the file does not name them. `total_line` is the line that sums it up, if any.
    `idle_lines` have no number at all: nothing was delivered.
    """

    columns: Columns
    level: str
    rows: Sequence[Row]
    account_id: str
    account_name: str
    currency: str
    total_line: int | None
    idle_lines: int
    file_name: str = ""
    sha256: str = ""

    @cached_property
    def days(self) -> Sequence[date]:
        """The days that have a row, in order."""
        return sorted({row.day for row in self.rows})

    def sums(self, rows: Sequence[Row] | None = None) -> dict[str, Decimal]:
        """The additive metrics of rows, of all of them unless some are given."""
        chosen = self.rows if rows is None else rows
        return {
            meaning: exact_sum(row.metrics.get(meaning, Decimal(0)) for row in chosen)
            for meaning in METRICS
            if meaning in self.columns and meaning != "reach"
        }

    def rows_of(self, level: str) -> list[Row]:
        """The rows added up by the objects of a level, which is not below that of the file.

        A person who saw two ads is not reached twice: where rows are added up, reach is absent.
        """
        depth = 0 if level == "account" else LEVELS.index(level) + 1
        groups: dict[tuple[date, date, tuple[str, ...]], list[Row]] = {}
        for row in self.rows:
            groups.setdefault((row.day, row.until, row.key[:depth]), []).append(row)
        return [_added(group, depth) for group in groups.values()]


def _added(group: Sequence[Row], depth: int) -> Row:
    first = group[0]
    objects = dict(list(first.objects.items())[:depth])
    if len(group) == 1:
        return replace(first, objects=objects)
    metrics = {
        meaning: exact_sum(row.metrics[meaning] for row in group if meaning in row.metrics)
        for meaning in METRICS
        if meaning != "reach" and any(meaning in row.metrics for row in group)
    }
    return Row(first.line, first.day, first.until, objects, metrics, parts=group)
