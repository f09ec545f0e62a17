"""What a run shows a person: progress on stderr, a summary on stdout."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from time import monotonic
from typing import Any

import orjson
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from orchestration.cli.output.console import Terminal, listing_console
from orchestration.cli.output.documents import json_text
from orchestration.foreign_text import shown
from orchestration.warehouse.ledger.summary import ClientMonth, Ledger, Trouble

ACTIONS = {
    "failed": "asked for again at the next run",
    "refused": "kept in quarantine, the days before stand; asked for again at the next run",
    "left out": "the marts keep its last good publication",
    "gap": "asked for at the next run",
    "account": "nothing of it is asked for; what stands stays",
    "suspected gap": "counted as zero; compare with Ads Manager",
    "doubtful": "kept; compare with Ads Manager",
    "no delivery yet": "kept; if it is true, say status: paused or starts_on in the clients file",
    "no conversions yet": "kept; if it is true, say expects_conversions: false in the clients file",
    "warning": "kept; the runbook has a section for each rule",
}
MOST_TROUBLES = 40


class Watcher:
    """Shows stages as bars on a terminal, else as a line each; keeps how long each took."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Terminal(stderr=True, quiet=quiet)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal or quiet,
        )
        self._task: Any = None
        self._stage: tuple[str, float] | None = None
        self.seconds: dict[str, float] = {}

    def stage(self, title: str, total: int | None) -> None:
        """A stage begins; it ends the one before."""
        self.end()
        self._stage = (title, monotonic())
        if self._bar.disable:
            count = f" ({total})" if total else ""
            self._console.print(f"{title}{count} ...")
        else:
            self._bar.start()
            self._task = self._bar.add_task(title, total=total)

    def step(self, note: str, count: int = 1) -> None:  # noqa: ARG002  a bar has no room for it
        """So many steps of the stage are done."""
        if self._task is not None:
            self._bar.advance(self._task, count)

    def note(self, text: str) -> None:
        """A line of its own."""
        self._console.print(f"Note: {text}", soft_wrap=True)

    def end(self) -> None:
        """The last stage is over."""
        if self._stage is not None:
            title, began = self._stage
            self.seconds[title] = self.seconds.get(title, 0.0) + monotonic() - began
            self._stage = None
        self._bar.stop()
        self._task = None


def print_summary(
    months: Sequence[ClientMonth],
    found: Sequence[Trouble],
    ledger: Ledger,
    where_next: str,
    *,
    has_built: bool,
) -> None:
    """The summary for people; the months only after a build."""
    console = listing_console()
    if has_built:
        console.print(_table(months, found))
    if found:
        console.print()
        console.print("Not as it should be", style="bold")
    for trouble in found[:MOST_TROUBLES]:
        days = (
            str(trouble.since)
            if trouble.since == trouble.until
            else f"{trouble.since} to {trouble.until}"
        )
        told = f"{trouble.client_id} {days}: {trouble.reason} ({ACTIONS[trouble.kind]})"
        console.print(Text.assemble("  ", (trouble.kind, "yellow"), f" {shown(told)}"))
    if len(found) > MOST_TROUBLES:
        console.print(f"  and {len(found) - MOST_TROUBLES} more: meta-ads run --json lists all")
    published = (
        f"publication {ledger.publication_id} changed {ledger.publication_rows} rows"
        if ledger.publication_id
        else "nothing had changed, so nothing was published"
    )
    collected = f"{ledger.rows} rows in {ledger.calls} calls"
    console.print()
    console.print(f"{collected}; {published}." if has_built else f"{collected}.")
    console.print(where_next)


def json_summary(
    months: Sequence[ClientMonth],
    found: Sequence[Trouble],
    ledger: Ledger,
    seconds: dict[str, float],
) -> str:
    """The summary as one JSON document; amounts are decimal strings."""
    document = {
        "months": [asdict(month) for month in months],
        "troubles": [asdict(trouble) for trouble in found],
        "run": asdict(ledger),
        "seconds": {title: round(value, 2) for title, value in seconds.items()},
    }
    return json_text(document, orjson.OPT_INDENT_2)


def _table(months: Sequence[ClientMonth], found: Sequence[Trouble]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("client", "month"):
        table.add_column(name, no_wrap=True)
    table.add_column("spend", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for name in ("impressions", "clicks", "conversions", "days"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    left_out = {(t.client_id, t.since) for t in found if t.kind == "left out"}
    for m in months:
        stale = " stale" if (m.client_id, m.month) in left_out else ""
        table.add_row(
            m.client_id,
            m.month.strftime("%Y-%m") if m.month else "none",
            _number(m.spend),
            m.currency or "",
            _number(m.impressions),
            _number(m.clicks),
            _number(m.conversions, "unknown" if m.month else ""),
            f"{m.days_received}/{m.days_owed}" if m.month else "",
            f"{m.month_state}{stale}" if m.month else "not published",
        )
    return table


def _number(value: Decimal | int | None, absent: str = "") -> str:
    return absent if value is None else f"{value:,}"
