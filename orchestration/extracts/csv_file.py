"""Rows as CSV: UTF-8, a header, numbers with all their digits, texts that nothing runs."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import IO, Any

import orjson

from orchestration.extracts.formulas import harmless
from orchestration.extracts.mart import Mart
from orchestration.text import iso_instant, plain


def write_csv(file: IO[bytes], mart: Mart, batches: Iterable[Sequence[Sequence[Any]]]) -> None:
    """Write a mart as CSV."""
    file.write(_lines([[column.name for column in mart.columns]]))
    for rows in batches:
        file.write(_lines([cell(value) for value in row] for row in rows))


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def cell(value: Any) -> str:
    """A value as text; lists and objects as JSON, nothing for null."""
    match value:
        case str():
            return harmless(value)
        case bool():
            return str(value).lower()
        case datetime():
            return iso_instant(value)
        case list() | dict():
            return orjson.dumps(value, default=str).decode()
        case _:
            return plain(value)
