"""Prints the sandbox's kinds of faults, its faults, its log and its totals as tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from orchestration.cli.output.console import listing_console
from orchestration.cli.output.tables import plain_table
from orchestration.sandbox.faults.kinds import MATCHING, families, kinds, takes
from orchestration.text import plain

_FAMILIES = {
    "transport": "connections and HTTP answers",
    "errors": "errors in Meta's envelope",
    "throttling": "too many calls",
    "size": "queries that are too large",
    "paging": "pages and cursors",
    "reports": "asynchronous reports",
    "data": "answers without an error that hold wrong data",
    "life": "no faults: what ordinary life does to numbers",
}
_OWN = ("id", "kind", "matched", "fired")


def print_kinds() -> None:
    """Print every kind by family, with what it does and the fields that only it takes."""
    described, console = kinds(), listing_console()
    for family, names in families().items():
        table = _table(("kind", "what the caller gets", "its own fields"))
        table.title = f"{family}: {_FAMILIES.get(family, family)}"
        table.title_justify = "left"
        for name in names:
            table.add_row(name, Text(described[name]), ", ".join(takes(name)))
        console.print(table)
    console.print(f"Every kind takes {', '.join(MATCHING)}.")


def print_faults(faults: Sequence[Mapping[str, Any]]) -> None:
    """Print the faults that are set, and how often each met a request and spoiled it."""
    table = _table(("id", "kind", "meant for", "matched", "fired"))
    for fault in faults:
        meant = " ".join(f"{name}={value}" for name, value in fault.items() if name not in _OWN)
        matched, fired = str(fault.get("matched", 0)), str(fault.get("fired", 0))
        table.add_row(str(fault["id"]), str(fault["kind"]), Text(meant), matched, fired)
    listing_console().print(table)


def print_records(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print some columns of the records."""
    table = _table(columns)
    for record in records:
        table.add_row(*(Text(plain(record.get(column))) for column in columns))
    listing_console().print(table)


def _table(columns: Sequence[str]) -> Table:
    return plain_table([column.replace("_", " ") for column in columns])
