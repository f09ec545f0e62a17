"""Rows as a spreadsheet: numbers and days as such, a second sheet that says what they are."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from orchestration.errors import UsageError
from orchestration.extracts.csv_file import cell
from orchestration.extracts.formulas import is_formula
from orchestration.extracts.mart import Mart

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

MOST_ROWS = 1_048_575
"""Below the header."""
MOST_CHARACTERS = 32_767
NOTE = "Spreadsheets calculate with 15 digits; CSV and Parquet files keep all. Instants are in UTC."


def write_xlsx(file: IO[bytes], mart: Mart, batches: Iterable[Sequence[Sequence[Any]]]) -> None:
    """Write a mart as a spreadsheet.

    Raises:
        UsageError: it has more rows than a sheet, or a longer text than a cell.
    """
    from openpyxl import Workbook

    if mart.about.rows > MOST_ROWS:
        raise UsageError(
            f"{mart.about.mart} has {mart.about.rows:,} rows, a sheet at most {MOST_ROWS:,}: name "
            "a shorter period, or another --format."
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet(mart.about.mart[:31])
    sheet.freeze_panes = "A2"
    sheet.append([column.name for column in mart.columns])
    for rows in batches:
        for row in rows:
            sheet.append([_value(sheet, value) for value in row])
    about = book.create_sheet("about")
    for line in (*mart.about.lines(), ("note", NOTE)):
        about.append([_value(about, text) for text in line])
    book.save(file)


def _value(sheet: "WriteOnlyWorksheet", value: Any) -> Any:
    match value:
        case str():
            return _text(sheet, value)
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case list() | dict():
            return _text(sheet, cell(value))
        case _:
            return value


def _text(sheet: "WriteOnlyWorksheet", text: str) -> Any:
    """The text as a text, whatever it begins with; characters that XML does not have are marked."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if len(text) > MOST_CHARACTERS:
        raise UsageError(
            f"A text has {len(text):,} characters, a cell at most {MOST_CHARACTERS:,}: name "
            "another --format."
        )
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    if not is_formula(text):
        return text
    written = WriteOnlyCell(sheet, text)
    written.data_type = "s"
    # As the apostrophe that a person types: it stays a text when the cell is edited, too.
    written.quotePrefix = True
    return written
