"""Rows as Parquet: exact decimals, and what they are in the metadata of the schema.

pyarrow has 166 MB, so it is not installed by itself.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

import orjson

from orchestration.errors import UsageError
from orchestration.extracts.mart import Column, Mart

PRECISION = 38
TEXT_OF = ("json", "jsonb")


def write_parquet(file: IO[bytes], mart: Mart, batches: Iterable[Sequence[Sequence[Any]]]) -> None:
    """Write a mart as Parquet.

    Raises:
        UsageError: pyarrow is not installed, or a number has more than 38 digits.
    """
    pa, parquet = _libraries()
    about = {f"meta_ads.{name}": text for name, text in _metadata(mart)}
    schema = pa.schema([(each.name, _type(pa, each)) for each in mart.columns], metadata=about)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in batches:
            columns = [
                [_value(each, row[place]) for row in rows]
                for place, each in enumerate(mart.columns)
            ]
            try:
                arrays = [
                    pa.array(values, field.type)
                    for values, field in zip(columns, schema, strict=True)
                ]
            except pa.ArrowInvalid as error:
                raise UsageError(f"A number does not fit into Parquet: {error}.") from None
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def check_parquet() -> None:
    """See that Parquet can be written.

    Raises:
        UsageError: pyarrow is not installed.
    """
    _libraries()


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow (166 MB), which is not installed: "
            f"{sys.executable} -m pip install pyarrow"
        ) from None
    return pyarrow, pyarrow.parquet


def _metadata(mart: Mart) -> list[tuple[str, str]]:
    lines = mart.about.lines()
    missing = "; ".join(text for name, text in lines if name == "incomplete")
    return [
        *((name, text) for name, text in lines if name != "incomplete"),
        ("incomplete", missing),
    ]


def _type(pa: Any, column: Column) -> Any:
    element = column.type.removesuffix("[]")
    types = {
        "numeric": lambda: pa.decimal128(PRECISION, column.scale),
        "bigint": pa.int64,
        "integer": pa.int32,
        "boolean": pa.bool_,
        "date": pa.date32,
        "double precision": pa.float64,
        "timestamp with time zone": lambda: pa.timestamp("us", tz="UTC"),
    }
    found = types.get(element, pa.string)()
    return pa.list_(found) if column.type.endswith("[]") else found


def _value(column: Column, value: Any) -> Any:
    if value is not None and column.type in TEXT_OF:
        return orjson.dumps(value, default=str).decode()
    return value
