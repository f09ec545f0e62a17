"""Reads the cells of a spreadsheet (XLSX): numbers and days keep their exact values."""

import warnings
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from orchestration.errors import UsageError
from orchestration.exports.headers import is_header
from orchestration.exports.refusal import refuse
from orchestration.exports.table import Cell, Line, Table, is_blank

MAGIC = b"PK\x03\x04"
MOST_BYTES = 1 << 30
"""Unpacked; a larger file is no export that anyone made by hand, and would fill the memory."""
RAW = "raw data report"
"""The sheet with plain numbers, where Ads Manager adds a formatted one beside it."""


def read_xlsx(content: bytes) -> Table:
    """The cells of the sheet that has an export in it.

    Raises:
        UsageError: the file is damaged, or no sheet or several have an export in them.
    """
    sheets = {
        name: [line for line in lines if not all(map(is_blank, line.cells))]
        for name, lines in _sheets(content).items()
    }
    tables = {
        name: Table(lines[0], [_filled(line, len(lines[0].cells)) for line in lines[1:]])
        for name, lines in sheets.items()
        if len(lines) > 1 and is_header(lines[0].cells)
    }
    raw = {name: table for name, table in tables.items() if name.strip().lower() == RAW}
    found = raw or tables
    if len(found) > 1:
        raise UsageError(f"Several sheets hold an export ({', '.join(found)}): delete all but one.")
    if found:
        return next(iter(found.values()))
    # Whatever is wrong with the header is said of the first sheet that has rows.
    for lines in sheets.values():
        if len(lines) > 1:
            return Table(lines[0], [_filled(line, len(lines[0].cells)) for line in lines[1:]])
    raise UsageError("The file has no rows.")


def _sheets(content: bytes) -> dict[str, list[Line]]:
    # It takes a tenth of a second to load, which text files do not need.
    from openpyxl import load_workbook

    try:
        if sum(part.file_size for part in ZipFile(BytesIO(content)).infolist()) > MOST_BYTES:
            raise UsageError("The spreadsheet is larger than a gigabyte when it is unpacked.")
        with warnings.catch_warnings():
            # It warns of styles that it does not know; they do not matter here.
            warnings.simplefilter("ignore")
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            sheets = {}
            for sheet in book.worksheets:
                # The size that Ads Manager writes into the file may be wrong.
                sheet.reset_dimensions()
                sheets[sheet.title] = _lines(sheet.iter_rows(values_only=True))
    except (BadZipFile, KeyError, ValueError, SyntaxError, EOFError) as error:
        raise UsageError(f"The spreadsheet is damaged: {type(error).__name__}: {error}.") from None
    return sheets


def _lines(rows: Iterable[Sequence[Any]]) -> list[Line]:
    return [
        Line(number, _without_empty_end([_cell(number, value) for value in row]))
        for number, row in enumerate(rows, start=1)
    ]


def _cell(line: int, value: Any) -> Cell:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case int() | float():
            return Decimal(str(value))
        case datetime() if value.time() != time():
            raise refuse(line, f": {value} is an hour of a day, and not a day.")
        case datetime():
            return value.date()
        case date():
            return value
        case _:
            return str(value)


def _without_empty_end(cells: list[Cell]) -> list[Cell]:
    while cells and is_blank(cells[-1]):
        cells.pop()
    return cells


def _filled(line: Line, width: int) -> Line:
    """A row of a sheet ends with its last cell that is not empty."""
    return Line(line.number, [*line.cells, *[""] * (width - len(line.cells))])
