"""Reads the lines of a recorded export: cells by meaning; numbers and days are checked."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.sandbox.replay.columns import column_positions

_ABSENT = frozenset({"", "null", "none", "nan"})
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ]00:00(:00(\.0+)?)?(Z|\+00:00)?)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: its number, its cells and the names of their columns by meaning."""

    number: int
    cells: Mapping[str, str]
    labels: Mapping[str, str]

    def text(self, meaning: str) -> str:
        """The text of a cell; empty when it is absent or NULL."""
        written = self.cells.get(meaning, "").strip()
        return "" if written.lower() in _ABSENT else written

    def metric(self, meaning: str) -> Decimal | None:
        """The number of a cell, with all its digits."""
        written = self.text(meaning)
        if not written:
            return None
        if not _NUMBER.fullmatch(written):
            raise self.unusable(meaning, "is not a number")
        return Decimal(written)

    def day(self) -> date:
        """The day of the line."""
        match = _DAY.fullmatch(self.text("date"))
        if match is None:
            raise self.unusable("date", "is not a day written YYYY-MM-DD")
        try:
            return date.fromisoformat(match[1])
        except ValueError:
            raise self.unusable("date", "is not a day of the calendar") from None

    def unusable(self, meaning: str, why: str) -> UsageError:
        """The error for one cell."""
        written = self.cells.get(meaning, "")
        return UsageError(f"Line {self.number}, column {self.labels[meaning]}: {written!r} {why}.")


def read_lines(path: Path, named: Mapping[str, str]) -> list[Line]:
    """The lines of a CSV file with commas, semicolons or tabs.

    Raises:
        UsageError: the file cannot be read, has no rows, or a line has cells too many or too few.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=first.count))
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    if len(rows) < 2:
        raise UsageError(f"{path} has no rows.")
    header = [name.strip() for name in rows[0][1]]
    columns = column_positions(header, named)
    labels = {meaning: header[position] for meaning, position in columns.items()}
    lines = []
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise UsageError(f"Line {number} has {len(row)} cells, the header has {len(header)}.")
        lines.append(Line(number, {name: row[at] for name, at in columns.items()}, labels))
    return lines


def only_value(lines: list[Line], meaning: str) -> str:
    """The value of a column that has the same one on every line; empty when there is none.

    Raises:
        UsageError: the column holds several.
    """
    first: Line | None = None
    for line in lines:
        if line.text(meaning):
            first = first or line
            if line.text(meaning) != first.text(meaning):
                raise line.unusable(
                    meaning,
                    f"differs from {first.text(meaning)!r} on line {first.number}, and one file is "
                    "one account",
                )
    return first.text(meaning) if first else ""
