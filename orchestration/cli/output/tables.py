"""Tables without borders, and how instants are written in them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table


def plain_table(titles: Sequence[str]) -> Table:
    """An empty table with these columns; long cells are folded, never cut."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def utc_seconds(at: datetime) -> str:
    """`2026-11-15 06:40:12`, in UTC; the reader is told the time zone beside it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
