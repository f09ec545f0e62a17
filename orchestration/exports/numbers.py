"""Reads the numbers of an export, all in one style, which the numbers themselves have to prove.

`1.234` is 1234 where dots group thousands and 1.234 where they are decimal: only other cells tell.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from orchestration.errors import UsageError
from orchestration.exports.currencies import WHOLE, currencies_of_sign
from orchestration.exports.headers import MONEY
from orchestration.exports.refusal import ExportRefusedError, Refusal, refuse

WHOLE_COUNTS = frozenset({"impressions", "reach", "clicks", "link_clicks"})
MARKS = {".": "a dot", ",": "a comma"}
_SPACES = "\u0020\u00a0\u2007\u2009\u202f"
_WRITTEN = re.compile(
    rf"(?P<sign>[-−+]?)(?P<before>[^\d.,'’\s\-−+]*(?:\.(?=\s))?)[{_SPACES}]*(?P<late>[-−]?)"
    rf"(?P<digits>\d(?:[\d.,'’{_SPACES}]*\d)?(?:[eE]-\d{{1,2}})?)[{_SPACES}]*(?P<after>[^\d.,'’\s]*)"
)
_ABSENT = frozenset({"", "null", "none", "nan", "-", "–", "—", "--", "n/a"})


class NumberCell(NamedTuple):
    """A cell that must be a number: where it stands, and what it holds."""

    line: int
    meaning: str
    label: str
    text: str | Decimal


class Parts(NamedTuple):
    """What a text may mean by its decimal mark, and the currency sign beside it."""

    values: Mapping[str, Decimal]
    sign: str


def is_absent(text: str) -> bool:
    """Whether a cell says that it holds nothing."""
    return text.strip().casefold() in _ABSENT


def read_numbers(
    cells: Sequence[NumberCell], currency: str, mark: str | None = None
) -> Mapping[tuple[int, str], Decimal]:
    """The numbers of a file by line and meaning; absent cells are left out.

    `mark` is the decimal mark, if a person names it.

    Raises:
        ExportRefusedError: cells that are no numbers, or that can be read in two ways.
    """
    if mark is not None and mark not in MARKS:
        raise UsageError(f"The decimal mark {mark!r} is neither . nor a comma.")
    readings, refusals = [], []
    for cell in cells:
        try:
            if values := _readings(cell, currency):
                readings.append((cell, values))
        except ExportRefusedError as error:
            refusals += error.refusals
    if refusals:
        raise ExportRefusedError(refusals)
    chosen = mark or _mark(readings, currency)
    wrong = [cell for cell, values in readings if chosen and chosen not in values]
    if wrong:
        raise ExportRefusedError(
            [_unusable(c, f"cannot be read with {MARKS[chosen]} as decimal mark") for c in wrong]
        )
    return {
        (cell.line, cell.meaning): values[chosen] if chosen else next(iter(values.values()))
        for cell, values in readings
    }


def _readings(cell: NumberCell, currency: str) -> Mapping[str, Decimal]:
    """What the cell may mean by decimal mark; nothing where it is absent."""
    if isinstance(cell.text, Decimal):
        values = dict.fromkeys(MARKS, cell.text)
    elif is_absent(cell.text):
        return {}
    else:
        parts = parts_of(cell.text.strip())
        if parts is None:
            raise _refused(cell, "is not a number")
        _check_sign(cell, parts.sign, currency)
        values = dict(parts.values)
    if cell.meaning in WHOLE_COUNTS:
        # `60.000` is no count of 60: nobody writes three places of nothing.
        most = max(values.values())
        values = {
            name: value
            for name, value in values.items()
            if value == most and value == value.to_integral_value()
        }
        if not values:
            raise _refused(cell, "is not a whole number")
    return values


@lru_cache(65_536)
def parts_of(text: str) -> Parts | None:
    """The parts of a number as it is written; None where it is none."""
    match = _WRITTEN.fullmatch(text)
    if match is None or (match["before"] and match["after"]):
        return None
    digits, is_negative = (
        match["digits"],
        bool(match["sign"] in "-−" and match["sign"]) or bool(match["late"]),
    )
    values = {}
    for decimal in MARKS:
        if (value := _value(digits, decimal)) is not None:
            values[decimal] = value.copy_negate() if is_negative else value
    return Parts(values, match["before"] or match["after"]) if values else None


def _value(digits: str, mark: str) -> Decimal | None:
    """The value of digits with this decimal mark; thousands are grouped by threes, in one way."""
    other = "," if mark == "." else "."
    pattern = (
        rf"(?:[1-9]\d{{0,2}}(?:(?P<group>[{other}'’{_SPACES}])\d{{3}})(?:(?P=group)\d{{3}})*|\d+)"
        rf"(?:\{mark}\d+(?:[eE]-\d{{1,2}})?)?|\d+[eE]-\d{{1,2}}"
    )
    match = re.fullmatch(pattern, digits)
    if match is None:
        return None
    group = match["group"] or ""
    return Decimal((digits.replace(group, "") if group else digits).replace(mark, "."))


def _mark(readings: Sequence[tuple[NumberCell, Mapping[str, Decimal]]], currency: str) -> str:
    """The decimal mark of the file; empty where every mark gives the same numbers."""
    only: dict[str, NumberCell] = {}
    unclear: tuple[NumberCell, Mapping[str, Decimal]] | None = None
    for cell, values in readings:
        if len(values) == 1:
            only.setdefault(next(iter(values)), cell)
        elif unclear is None and values["."] != values[","]:
            unclear = cell, values
    if len(only) > 1:
        raise ExportRefusedError(
            [
                _unusable(cell, f"can only be read with {MARKS[mark]} as decimal mark, others not")
                for mark, cell in only.items()
            ]
        )
    if only:
        return next(iter(only))
    if unclear is None:
        return ""
    # Meta writes amounts of such a currency without fractions.
    if currency in WHOLE and (mark := _mark_of_whole_money(readings)):
        return mark
    cell, values = unclear
    raise _refused(
        cell,
        f"may be {values['.']:f} or {values[',']:f}, and no other cell tells which: say it with "
        "--decimal-mark",
    )


def _mark_of_whole_money(
    readings: Sequence[tuple[NumberCell, Mapping[str, Decimal]]],
) -> str | None:
    """The mark with which the dots or commas of all amounts group thousands."""
    marks = {
        max(MARKS, key=lambda mark: abs(values[mark]))
        for cell, values in readings
        if cell.meaning == "spend" and values["."] != values[","]
    }
    return marks.pop() if len(marks) == 1 else None


def _check_sign(cell: NumberCell, sign: str, currency: str) -> None:
    if not sign:
        return
    codes = currencies_of_sign(sign) if cell.meaning in MONEY else frozenset()
    if not codes:
        raise _refused(cell, "is not a number" if cell.meaning in MONEY else "is not a count")
    if currency and currency not in codes:
        raise _refused(cell, f"is not in {currency}")


def _unusable(cell: NumberCell, why: str) -> Refusal:
    return Refusal(cell.line, f", column {cell.label}: {str(cell.text)!r} {why}.")


def _refused(cell: NumberCell, why: str) -> ExportRefusedError:
    return refuse(*_unusable(cell, why))
