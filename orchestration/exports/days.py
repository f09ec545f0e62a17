"""Reads the days of an export, all in one order, which the days themselves have to prove."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from orchestration.errors import UsageError
from orchestration.exports.refusal import ExportRefusedError, Refusal, refuse

ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}
_TIME = r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.ASCII)
_IDEOGRAPHS = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日", re.ASCII)


class DayCell(NamedTuple):
    """A cell that must be a day: where it stands, and what it holds."""

    line: int
    meaning: str
    label: str
    text: str | date


def read_days(cells: Sequence[DayCell], order: str | None = None) -> Mapping[tuple[int, str], date]:
    """The days of a file by line and meaning; `order` is that of the option, if a person names one.

    Raises:
        ExportRefusedError: cells that are no days, or that can be read in two ways.
    """
    if order is not None and order not in ORDERS:
        raise UsageError(f"The date order {order!r} is none of {', '.join(ORDERS)}.")
    readings = [
        (
            cell,
            dict.fromkeys(ORDERS, cell.text) if isinstance(cell.text, date) else days_of(cell.text),
        )
        for cell in cells
    ]
    if refusals := [_unusable(cell) for cell, days in readings if not days]:
        raise ExportRefusedError(refusals)
    orders = [o for o in ORDERS if all(o in days for _, days in readings)]
    if order is not None:
        orders = [o for o in orders if o == order]
    if not orders:
        raise ExportRefusedError(_odd_ones(readings, order))
    for cell, days in readings:
        ways = {days[o] for o in orders}
        if len(ways) > 1:
            raise refuse(
                cell.line,
                f", column {cell.label}: {cell.text!r} may be "
                f"{' or '.join(map(str, sorted(ways)))}, and no other line tells which: say it "
                "with --date-order dmy or mdy.",
            )
    return {(cell.line, cell.meaning): days[orders[0]] for cell, days in readings}


@lru_cache(65_536)
def days_of(text: str) -> Mapping[str, date]:
    """The days that a text may mean, by the order of its parts."""
    written = text.strip()
    found: dict[str, date] = {}
    if match := _YEAR_FIRST.fullmatch(written):
        _add(found, "ymd", match[1], match[3], match[4])
    elif match := _IDEOGRAPHS.fullmatch(written):
        _add(found, "ymd", match[1], match[2], match[3])
    elif match := _YEAR_LAST.fullmatch(written):
        _add(found, "dmy", match[4], match[3], match[1])
        # Nobody writes the month first and then a dot.
        if match[2] != ".":
            _add(found, "mdy", match[4], match[1], match[3])
    return found


def _add(found: dict[str, date], order: str, year: str, month: str, day: str) -> None:
    with suppress(ValueError):
        found[order] = date(int(year), int(month), int(day))


def _unusable(cell: DayCell) -> Refusal:
    is_written = isinstance(cell.text, str) and any(
        form.fullmatch(cell.text.strip()) for form in (_YEAR_FIRST, _YEAR_LAST, _IDEOGRAPHS)
    )
    why = "is not a day of the calendar" if is_written else "is not a day, such as 2025-03-31"
    return Refusal(cell.line, f", column {cell.label}: {cell.text!r} {why}.")


def _odd_ones(
    readings: Sequence[tuple[DayCell, Mapping[str, date]]], order: str | None
) -> list[Refusal]:
    """The lines whose days are not in the order of the first, or of the option."""
    wanted = {order} if order else {*readings[0][1]}
    odd = []
    for cell, days in readings:
        if not wanted & days.keys():
            told = " or ".join(ORDERS[o] for o in sorted(wanted))
            odd.append(
                Refusal(
                    cell.line,
                    f", column {cell.label}: {cell.text!r} is not in the order {told} of the "
                    "others.",
                )
            )
            break
        wanted &= days.keys()
    return odd
