"""Reads the cells of a text file: UTF-8 or UTF-16; commas, semicolons or tabs."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO

from orchestration.errors import UsageError
from orchestration.exports.refusal import refuse
from orchestration.exports.table import Line, Table

DELIMITERS = ",;\t"
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_csv(content: bytes) -> Table:
    """The cells of a text file.

    Raises:
        UsageError: it is no such text, or has no rows; names the line where there is one.
    """
    text = decoded(content)
    first_line, _, rest = text.partition("\n")
    skipped = 0
    delimiter = None
    if first_line.strip().lower().startswith("sep=") and len(first_line.strip()) == 5:
        delimiter, text, skipped = first_line.strip()[4], rest, 1
    lines = [
        Line(line.number + skipped, line.cells)
        for line in _records(text, delimiter or _delimiter(text))
    ]
    if len(lines) < 2:
        raise UsageError("The file has no rows.")
    return Table(lines[0], lines[1:])


def decoded(content: bytes) -> str:
    """The text of a file.

    Raises:
        UsageError: it is neither UTF-8 nor UTF-16.
    """
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), None)
    if encoding is None:
        encoding = _utf_16_without_mark(content) or "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refuse(
            line,
            f" is not {encoding.removesuffix('-sig').upper()} text (byte {error.start + 1} of the "
            "file): save it as CSV UTF-8, or export it again.",
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise refuse(line, " has a NUL character: the file is damaged.")
    return text


def _utf_16_without_mark(content: bytes) -> str | None:
    """UTF-16 by its NUL bytes: each digit, delimiter and line break has one, on the same side."""
    start = content[:4096]
    first, second = start[0::2].count(0), start[1::2].count(0)
    # Some letters have a NUL on the other side.
    if max(first, second) < 2 or max(first, second) < 8 * min(first, second):
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def _delimiter(text: str) -> str:
    """The delimiter that gives the first line of cells most of them."""
    head = text.lstrip("\r\n")

    def count(delimiter: str) -> int:
        try:
            return len(next(csv.reader(StringIO(head, newline=""), delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=count)


def _records(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Line(begins, [*cells])
            begins = reader.line_num + 1
    except csv.Error as error:
        raise refuse(begins, f" cannot be read: {error}.") from None
