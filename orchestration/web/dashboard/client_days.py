"""The days of a client, and what the gate found in them: neighbours that are alike are one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.days import DayRange, folded
from orchestration.expectations.catalogue.reasons import (
    cause_in_words,
    figures_of,
    reason_of_range,
    stored_reason,
)
from orchestration.web.dashboard.day_calendar import STANDING, shown_state

Row = dict[str, Any]


@dataclass(frozen=True)
class DayLine:
    """Neighbouring days with the same state, attempts and cause."""

    days: DayRange[Row]

    @property
    def state(self) -> str:
        """The state, as the calendar names it."""
        return shown_state(self.days.rows[0])

    @property
    def last(self) -> Row:
        """The latest of the days."""
        return self.days.rows[-1]

    @property
    def row_count(self) -> int | None:
        """All rows of the days; None where no day has an answer."""
        counts = [row["row_count"] for row in self.days.rows if row["row_count"] is not None]
        return sum(counts) if counts else None

    @property
    def reason(self) -> str:
        """Why, with the figures of a day that is alone."""
        reason = reason_of_range([row["reason"] or "" for row in self.days.rows])
        if self.state in STANDING:
            return f"earlier rows stand; the latest reading was refused: {reason}"
        return reason

    def ends(self, name: str) -> list[datetime]:
        """The earliest and the latest instant of a column, one if both are in the same minute."""
        instants = sorted(row[name] for row in self.days.rows if row[name] is not None)
        first_and_last = instants[:1] + instants[-1:]
        return first_and_last[: len({f"{at:%Y%m%d%H%M}" for at in first_and_last})]


def day_lines(days: Iterable[Row]) -> list[DayLine]:
    """Days as lines, the newest first."""
    ranges = folded(days, _alike, lambda row: (row["date_day"], row["date_day"]))
    return [DayLine(each) for each in sorted(ranges, key=lambda each: each.since, reverse=True)]


def _alike(row: Row) -> tuple[Any, ...]:
    cause = cause_in_words(row["reason"] or "")
    return shown_state(row), row["last_attempt"], row["failed_attempts"], cause


@dataclass(frozen=True)
class ViolationLine:
    """What a rule of the gate found on neighbouring days; `days` is None where rows name no day."""

    days: DayRange[Row] | None
    rows: list[Row]

    @property
    def last(self) -> Row:
        """The latest of the violations."""
        return self.rows[-1]

    @property
    def sentence(self) -> str:
        """The rule in words."""
        return cause_in_words(_told(self.last))

    @property
    def figures(self) -> list[tuple[Any, str]]:
        """The days with what was found on them, the latest first."""
        return [
            (row["date_day"], figures)
            for row in reversed(self.rows)
            for figures in figures_of(_told(row))
        ]


def violation_lines(violations: Iterable[Row]) -> list[ViolationLine]:
    """Violations as lines, those that block first, then the newest."""
    rows = [*violations]
    without_day = [row for row in rows if row["date_day"] is None]
    ranges = folded(
        (row for row in rows if row["date_day"] is not None),
        lambda row: (row["severity"], cause_in_words(_told(row))),
        lambda row: (row["date_day"], row["date_day"]),
    )
    ranges.sort(key=lambda days: days.until, reverse=True)
    lines = [ViolationLine(None, [row]) for row in without_day]
    lines += [ViolationLine(days, [*days.rows]) for days in ranges]
    return sorted(lines, key=lambda line: str(line.last["severity"]))


def _told(row: Row) -> str:
    return stored_reason([(row["rule"], row["detail"])])
