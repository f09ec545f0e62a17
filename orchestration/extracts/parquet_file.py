"""Rows as Parquet: exact decimals, and what they are in the metadata of the file.

pyarrow would do it, but has 166 MB, and pandas loads it wherever it is installed: its threads do
not go with the gate, which forks. Written here: one data page for each column and group of rows,
plain values, compressed with gzip.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from orchestration.extracts.mart import Column, Mart
from orchestration.extracts.parquet_types import (
    DECIMAL,
    DECIMAL_BYTES,
    FIXED_BYTES,
    INSTANT,
    PRECISION,
    bits,
    type_of,
)
from orchestration.extracts.thrift import Long, Struct, encoded, varint

MAGIC = b"PAR1"
GROUP = 20_000
"""Rows of one group; so many are in memory at once."""
PLAIN, RLE, GZIP, OPTIONAL, DATA_PAGE = 0, 3, 2, 1, 0
IN_UTC = Struct({8: Struct({1: True, 2: Struct({2: Struct({})})})})
"""Without it some readers take instants for times of a clock somewhere."""
FASTEST = 1
"""The level of compression."""


def write_parquet(file: IO[bytes], mart: Mart, batches: Iterable[Sequence[Sequence[Any]]]) -> None:
    """Write a mart as Parquet.

    Raises:
        UsageError: a number has more than 38 digits.
    """
    file.write(MAGIC)
    place, groups = len(MAGIC), []
    for rows in _grouped(batches):
        begin, chunks = place, []
        for number, column in enumerate(mart.columns):
            page, chunk = _column_chunk(column, [row[number] for row in rows], place)
            file.write(page)
            place += len(page)
            chunks.append(chunk)
        groups.append(Struct({1: chunks, 2: Long(place - begin), 3: Long(len(rows))}))
    footer = encoded(_footer(mart, groups))
    file.write(footer + struct.pack("<I", len(footer)) + MAGIC)


def _grouped(batches: Iterable[Sequence[Sequence[Any]]]) -> Iterator[list[Sequence[Any]]]:
    rows: list[Sequence[Any]] = []
    for batch in batches:
        rows += batch
        if len(rows) >= GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def _column_chunk(column: Column, values: Sequence[Any], place: int) -> tuple[bytes, Struct]:
    """A column of a group as its one page, and the entry about it, of a page at this place."""
    of_type = type_of(column)
    is_there = [value is not None for value in values]
    plain = of_type.written([value for value in values if value is not None])
    content = _levels(is_there) + plain
    packer = zlib.compressobj(FASTEST, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = packer.compress(content) + packer.flush()
    about = Struct({1: len(values), 2: PLAIN, 3: RLE, 4: RLE})
    header = encoded(Struct({1: DATA_PAGE, 2: len(content), 3: len(packed), 5: about}))
    entry = Struct(
        {
            1: of_type.stored,
            2: [PLAIN, RLE],
            3: [column.name],
            4: GZIP,
            5: Long(len(values)),
            6: Long(len(header) + len(content)),
            7: Long(len(header) + len(packed)),
            9: Long(place),
        }
    )
    return header + packed, Struct({2: Long(place), 3: entry})


def _levels(is_there: Sequence[bool]) -> bytes:
    """Which values are not null: runs of eight bits, after their length."""
    groups = (len(is_there) + 7) // 8
    runs = varint(groups << 1 | 1) + bits(is_there)
    return struct.pack("<I", len(runs)) + runs


def _footer(mart: Mart, groups: Sequence[Struct]) -> Struct:
    root = Struct({4: "schema", 5: len(mart.columns)})
    return Struct(
        {
            1: 1,
            2: [root, *map(_element, mart.columns)],
            3: Long(mart.about.rows),
            4: groups,
            5: [Struct({1: f"meta_ads.{name}", 2: text}) for name, text in _metadata(mart)],
            6: "meta-ads-warehouse",
        }
    )


def _element(column: Column) -> Struct:
    of_type = type_of(column)
    is_decimal = of_type.means == DECIMAL
    return Struct(
        {
            1: of_type.stored,
            2: DECIMAL_BYTES if of_type.stored == FIXED_BYTES else None,
            3: OPTIONAL,
            4: column.name,
            6: of_type.means,
            7: column.scale if is_decimal else None,
            8: PRECISION if is_decimal else None,
            10: IN_UTC if of_type.means == INSTANT else None,
        }
    )


def _metadata(mart: Mart) -> list[tuple[str, str]]:
    lines = mart.about.lines()
    missing = "; ".join(text for name, text in lines if name == "incomplete")
    return [*(each for each in lines if each[0] != "incomplete"), ("incomplete", missing)]
