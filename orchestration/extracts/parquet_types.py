"""The types of Parquet, and how values of Postgres are written in them."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

from orchestration.errors import UsageError
from orchestration.extracts.csv_file import cell
from orchestration.extracts.mart import Column

BOOLEAN, INT32, INT64, DOUBLE, BYTES, FIXED_BYTES = 0, 1, 2, 5, 6, 7
"""How values are stored."""
UTF8, DECIMAL, DATE, INSTANT = 0, 5, 6, 10
"""What the stored values mean."""
DECIMAL_BYTES, PRECISION = 16, 38
_EPOCH_DAY, _EPOCH = date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = Context(prec=100)


@dataclass(frozen=True)
class Type:
    """How a column is stored, what it means, and its values as bytes."""

    stored: int
    means: int | None
    written: Callable[[Sequence[Any]], bytes]


def type_of(column: Column) -> Type:
    """The type of a column; what Parquet has no simple type for is text, as in CSV."""
    match column.type:
        case "numeric":
            return Type(FIXED_BYTES, DECIMAL, lambda values: _decimals(values, column))
        case "bigint":
            return Type(INT64, None, lambda values: struct.pack(f"<{len(values)}q", *values))
        case "integer":
            return Type(INT32, None, lambda values: struct.pack(f"<{len(values)}i", *values))
        case "double precision":
            return Type(DOUBLE, None, lambda values: struct.pack(f"<{len(values)}d", *values))
        case "boolean":
            return Type(BOOLEAN, None, bits)
        case "date":
            return Type(INT32, DATE, _days)
        case "timestamp with time zone":
            return Type(INT64, INSTANT, _instants)
        case _:
            return Type(BYTES, UTF8, _texts)


def bits(values: Sequence[bool]) -> bytes:
    """Values of one bit each, the first in the lowest bit of the first byte."""
    number = int("".join("1" if value else "0" for value in reversed(values)) or "0", 2)
    return number.to_bytes((len(values) + 7) // 8, "little")


def _decimals(values: Sequence[Decimal], column: Column) -> bytes:
    try:
        return b"".join(
            int(value.scaleb(column.scale, _EXACT)).to_bytes(DECIMAL_BYTES, "big", signed=True)
            for value in values
        )
    except (OverflowError, ValueError):
        raise UsageError(
            f"A number of {column.name} has more than {PRECISION} digits: name another --format."
        ) from None


def _days(values: Sequence[date]) -> bytes:
    return struct.pack(f"<{len(values)}i", *((value - _EPOCH_DAY).days for value in values))


def _instants(values: Sequence[datetime]) -> bytes:
    spans = [value - _EPOCH for value in values]
    micros = [(each.days * 86_400 + each.seconds) * 1_000_000 + each.microseconds for each in spans]
    return struct.pack(f"<{len(micros)}q", *micros)


def _texts(values: Sequence[Any]) -> bytes:
    texts = [(value if isinstance(value, str) else cell(value)).encode() for value in values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
