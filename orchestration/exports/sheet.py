"""The lines of a file by the meaning of their cells, and the one line that sums up the others."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from orchestration.answers.slices import OBJECT_IN_WORDS
from orchestration.exports.export import Named
from orchestration.exports.headers import DAYS, LEVELS, columns_of
from orchestration.exports.numbers import is_absent
from orchestration.exports.refusal import ExportRefusedError, Refusal, refuse
from orchestration.exports.table import Cell, Line, Table, is_blank
from orchestration.exports.totals import is_total

MOST_SPREADSHEET_DIGITS = 15
"""A spreadsheet rounds numbers of more digits, which ids are."""


class Sheet:
    """The lines of a file, each with as many cells as the header.

    `named` are names of columns by meaning that a person gave. `with_ranges`: lines may be about
    several days.
    """

    def __init__(
        self, table: Table, named: Mapping[str, str], *, with_ranges: bool = False
    ) -> None:
        self._with_ranges = with_ranges
        self.header = table.header
        self.columns = columns_of(table.header, named)
        self.lines = [self._whole(line) for line in table.lines]
        self._object_columns = [
            meaning
            for level in LEVELS
            for meaning in (f"{level}_id", f"{level}_name")
            if meaning in self.columns
        ]

    def cell(self, line: Line, meaning: str) -> Cell:
        """A cell as it stands in the file."""
        return line.cells[self.columns.positions[meaning]]

    def text(self, line: Line, meaning: str) -> str:
        """The text of a cell; empty where the file has no such column, or nothing in it."""
        if meaning not in self.columns:
            return ""
        written = str(self.cell(line, meaning)).strip()
        return "" if is_absent(written) else written

    def only_text(self, meaning: str, lines: Sequence[Line]) -> str:
        """The text that every line has in a column; empty where there is none.

        Raises:
            ExportRefusedError: the lines have several.
        """
        found: tuple[int, str] | None = None
        for line in lines:
            if written := self.text(line, meaning):
                if found is not None and written != found[1]:
                    raise self.unusable(
                        line,
                        meaning,
                        f"differs from {found[1]!r} on line {found[0]}, and one file is one "
                        "account",
                    )
                found = found or (line.number, written)
        return found[1] if found else ""

    def unusable(self, line: Line, meaning: str, why: str) -> ExportRefusedError:
        """The error for one cell."""
        written, label = self.text(line, meaning), self.columns.labels[meaning]
        return refuse(line.number, f", column {label}: {written!r} {why}.")

    def objects(self, line: Line) -> dict[str, Named]:
        """The object of a line and those that it belongs to, by level."""
        objects = {}
        for level in LEVELS:
            if f"{level}_id" in self.columns or f"{level}_name" in self.columns:
                named = Named(self._id(line, f"{level}_id"), self.text(line, f"{level}_name"))
                if not named.key:
                    raise refuse(line.number, f" names no {OBJECT_IN_WORDS[level]}.")
                objects[level] = named
        return objects

    def _id(self, line: Line, meaning: str) -> str:
        written = self.text(line, meaning)
        if not written:
            return ""
        is_number = isinstance(self.cell(line, meaning), Decimal)
        if (is_number and len(written) > MOST_SPREADSHEET_DIGITS) or "E+" in written.upper():
            why = "is an id that a spreadsheet has rounded: export it again, or keep it as text"
            raise self.unusable(line, meaning, why)
        if not (written.isascii() and written.isdigit()):
            raise self.unusable(line, meaning, "is not an id")
        return written

    def total_line(self) -> Line | None:
        """The first or the last line, if it sums up the others.

        Raises:
            ExportRefusedError: a line like it stands elsewhere, or there are two.
        """
        totals = [line for line in self.lines if self._sums_up(line)]
        if len(totals) == len(self.lines):
            # They are about ranges or about no day, which is refused with their own reason.
            return None
        ends = (self.lines[0], self.lines[-1])
        at_end = [line for line in totals if line is ends[0] or line is ends[1]]
        odd = [line for line in totals if line not in at_end] + at_end[1:]
        if odd:
            raise ExportRefusedError([self._odd_total(line) for line in odd])
        return at_end[0] if at_end else None

    def _odd_total(self, line: Line) -> Refusal:
        if self._is_one_day(line):
            return Refusal(line.number, " names no campaign, ad set or ad.")
        return Refusal(
            line.number, " names no day: one line may be a total, the first or the last."
        )

    def _sums_up(self, line: Line) -> bool:
        names = [self.text(line, meaning) for meaning in self._object_columns]
        if self._is_one_day(line):
            return bool(names) and not any(names)
        if self._with_ranges and not names and self._has_day(line):
            return False
        if all(not name or is_total(name) for name in names):
            return True
        if self._has_day(line):
            return False
        raise refuse(
            line.number, " has no day: an export needs the breakdown by day, without subtotals."
        )

    def _has_day(self, line: Line) -> bool:
        days = [self.text(line, meaning) for meaning in DAYS]
        return any(day and not is_total(day) for day in days)

    def _is_one_day(self, line: Line) -> bool:
        if "date" in self.columns:
            day = self.text(line, "date")
            return bool(day) and not is_total(day)
        first, last = (self.text(line, meaning) for meaning in ("range_start", "range_end"))
        return bool(first) and first == last

    def _whole(self, line: Line) -> Line:
        """The line without empty cells beyond the header.

        Raises:
            ExportRefusedError: it has cells too many or too few.
        """
        width = len(self.header.cells)
        cells = line.cells
        while len(cells) > width and is_blank(cells[-1]):
            cells = cells[:-1]
        if len(cells) != width:
            raise refuse(line.number, f" has {len(cells)} cells, the header has {width}.")
        return Line(line.number, cells)
