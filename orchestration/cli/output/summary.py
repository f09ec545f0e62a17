"""What a run shows a person: progress on stderr, a summary on stdout."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal

import orjson
from rich.table import Table
from rich.text import Text

from orchestration.cli.output.console import listing_console
from orchestration.foreign_text import shown
from orchestration.text import json_text, span
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
        days = span(trouble.since, trouble.until)
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
