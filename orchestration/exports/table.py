"""The cells of an export as they stand in the file, with the number of each line."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Cell = str | Decimal | date
"""A cell of a text file is text; a spreadsheet has numbers and days, too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file, and the line on which it begins."""

    number: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """The header of a file, and all rows that are not blank, in their order."""

    header: Line
    lines: list[Line]


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands in a cell."""
    return isinstance(cell, str) and not cell.strip()
