"""Paging cursors."""

from base64 import b64decode, b64encode
from typing import NamedTuple

from orchestration.sandbox.wire.envelope import invalid


class Place(NamedTuple):
    """The row that a cursor points at; `mark` makes cursors of the same row differ."""

    offset: int
    mark: str = ""


def cursor(offset: int, mark: str = "") -> str:
    """The cursor that points at a row: base64 with `=` written `ZD`, as Insights does.

    A mark must not be spelled so that `ZD` comes out of it, as that of `d` would be.
    """
    written = f"{mark}:{offset}" if mark else str(offset)
    return b64encode(written.encode()).decode().replace("=", "ZD")


def place_of(written: str) -> Place:
    """The place that a cursor points at."""
    try:
        text = b64decode(written.replace("ZD", "="), validate=True).decode()
        mark, _, offset = text.rpartition(":")
        place = Place(int(offset), mark)
    except ValueError:
        place = Place(-2)
    # Only the sandbox's own faults make cursors that point before the first row.
    if place.offset < (-1 if place.mark else 0):
        raise invalid("Invalid cursors values")
    return place
