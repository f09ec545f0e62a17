"""Thrift's compact protocol, as far as the headers of a Parquet file need it."""

from collections.abc import Sequence
from dataclasses import dataclass

_TRUE, _FALSE, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 5, 6, 8, 9, 12


@dataclass(frozen=True)
class Long:
    """A number of 64 bits."""

    value: int


@dataclass(frozen=True)
class Struct:
    """Fields by their numbers; those that are None are left out."""

    fields: "dict[int, Value | None]"


Value = bool | int | Long | str | Struct | Sequence["Value"]


def encoded(struct: Struct) -> bytes:
    """A struct as bytes."""
    written, last = bytearray(), 0
    for number, value in sorted(struct.fields.items()):
        if value is None:
            continue
        kind = _kind(value)
        step = number - last
        if step > 15:
            written += bytes([kind]) + _zigzag(number)
        else:
            written.append(step << 4 | kind)
        written += b"" if isinstance(value, bool) else _body(value)
        last = number
    return bytes(written) + b"\0"


def _kind(value: Value) -> int:
    match value:
        case bool():
            return _TRUE if value else _FALSE
        case int():
            return _I32
        case Long():
            return _I64
        case str():
            return _BINARY
        case Struct():
            return _STRUCT
        case _:
            return _LIST


def _body(value: Value) -> bytes:
    match value:
        case Long():
            return _zigzag(value.value)
        case int():
            return _zigzag(value)
        case str():
            text = value.encode()
            return varint(len(text)) + text
        case Struct():
            return encoded(value)
        case _:
            return _list(value)


def _list(values: Sequence[Value]) -> bytes:
    kind, count = _kind(values[0]) if values else _STRUCT, len(values)
    head = bytes([count << 4 | kind]) if count < 15 else bytes([0xF0 | kind]) + varint(count)
    return head + b"".join(map(_body, values))


def _zigzag(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
