"""Makes exports of Ads Manager for tests: the same rows in any language and form."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path

import yaml
from openpyxl import Workbook

from orchestration.exports.headers import FILE

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
Cell = str | int | float | date | None


def header_in(language: str, meanings: Sequence[str], currency: str = "EUR") -> list[str]:
    """The names of columns in a language; amounts have the currency behind them."""
    names = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    found = [names[meaning][language][0] for meaning in meanings]
    opening, closing = ("（", "）") if language in ("ja", "zh") else (" (", ")")
    return [
        f"{name}{opening}{currency}{closing}" if meaning == "spend" else name
        for meaning, name in zip(meanings, found, strict=True)
    ]


def csv_bytes(
    rows: Sequence[Sequence[Cell]], encoding: str = "utf-8", delimiter: str = ","
) -> bytes:
    """Rows as the bytes of a text file."""
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Sheets with their rows as the bytes of a spreadsheet."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def grouped(number: Decimal, thousands: str, mark: str) -> str:
    """A number with its thousands grouped: 1234.5 as `1.234,5`."""
    written = f"{number:,f}"
    return written.translate({ord(","): thousands, ord("."): mark})


def written_to(folder: Path, content: bytes | str, name: str = "export.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
