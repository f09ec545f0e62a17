"""How `meta-ads sql` prints the rows of an answer."""

from collections.abc import Sequence
from typing import Any

import orjson

from orchestration.cli.output.console import listing_console
from orchestration.cli.output.tables import plain_table


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], more: int) -> None:
    """Print a table of rows, and how many more there are."""
    table = plain_table(columns)
    for row in rows:
        table.add_row(*map(_cell, row))
    console = listing_console()
    console.print(table)
    if more:
        console.print(f"... and {more} more rows")


def _cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=str).decode()
    return "" if value is None else str(value)
