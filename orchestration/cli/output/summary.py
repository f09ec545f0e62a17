"""What a run prints at its end: the months, what is not as it should be, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.cli.output.console import WIDE, listing_console, say
from orchestration.days import folded
from orchestration.expectations.catalogue.reasons import (
    cause_in_words,
    left_out_in_words,
    reason_of_range,
)
from orchestration.foreign_text import shown
from orchestration.process.program import with_program
from orchestration.text import plural
from orchestration.warehouse.ledger.summary import ClientMonth, Ledger, Trouble

ACTIONS = {
    "failed": "asked for again at the next run",
    "refused": "kept in quarantine, nothing stands in their place; asked for again at the next run",
    "left out": "nothing of the month is published",
    "gap": "asked for at the next run",
    "account": "nothing is asked for; the data that were collected before stay",
    "suspected gap": "counted as zero; compare with Ads Manager",
    "doubtful": "kept; compare with Ads Manager",
    "no delivery yet": "kept; if it is true, say status: paused or starts_on in the clients file",
    "no conversions yet": "kept; if it is true, say expects_conversions: false in the clients file",
    "warning": "kept; the runbook has a section for each rule",
}
"""What happens, or what a person should do, about each kind of trouble."""
WHERE_EARLIER_DATA_STAND = {
    "failed": "earlier data stand; asked for again when due, or by meta-ads recover",
    "refused": "kept in quarantine, earlier data stand; asked for again when due, or by --since",
    "left out": "the marts keep its last good publication",
}
MOST_TROUBLES = 40
DELIVERY, RESULTS = ("impressions", "clicks"), ("conversions",)
"""Columns of figures; they are fields of a month, too."""
ABSENT = {"conversions": "unknown"}


@dataclass(frozen=True)
class Summary:
    """What a run ends with: the months of its clients, what is wrong, and figures of the run."""

    months: Sequence[ClientMonth]
    troubles: Sequence[Trouble]
    run: Ledger


def summary_document(summary: Summary, seconds: Mapping[str, float]) -> dict[str, Any]:
    """The summary for programs; `seconds` says how long each stage took."""
    return {
        "months": summary.months,
        "troubles": summary.troubles,
        "run": summary.run,
        "seconds": {title: round(value, 2) for title, value in seconds.items()},
    }


def print_summary(summary: Summary, next_step: str, *, has_built: bool) -> None:
    """Print the summary for people; the months only after a build."""
    console = listing_console()
    if has_built:
        console.print(_fitting_table(summary, console))
    if summary.troubles:
        _print_troubles(summary.troubles)
    run = summary.run
    collected = f"{plural(run.rows, 'row')} in {plural(run.calls, 'call')}"
    published = (
        f"publication {run.publication_id} changed {plural(run.publication_rows or 0, 'row')}"
        if run.publication_id
        else "nothing had changed, so nothing was published"
    )
    console.print()
    console.print(f"{collected}; {published}." if has_built else f"{collected}.")
    say(next_step)


def _print_troubles(troubles: Sequence[Trouble]) -> None:
    console = listing_console()
    console.print()
    console.print("Not as it should be", style="bold")
    ranges = folded(troubles, _cause, lambda trouble: (trouble.since, trouble.until))
    for days in ranges[:MOST_TROUBLES]:
        first = days.rows[0]
        text = f"{first.client_id} {days}: {_reason(days.rows)} ({with_program(_action(first))})"
        console.print(Text.assemble("  ", (first.kind, "yellow"), f" {shown(text)}"))
    if len(ranges) > MOST_TROUBLES:
        say(f"  and {len(ranges) - MOST_TROUBLES} more: meta-ads run --json lists all")
    if any(trouble.kind == "refused" for trouble in troubles):
        say("  meta-ads quarantine list shows the figures of refused days")


def _cause(trouble: Trouble) -> tuple[str, ...]:
    """What troubles of one cause have in common; figures are of each day."""
    return trouble.kind, trouble.client_id, cause_in_words(trouble.reason), _action(trouble)


def _reason(troubles: Sequence[Trouble]) -> str:
    if troubles[0].kind == "left out":
        return left_out_in_words(troubles[0].reason)
    return reason_of_range([trouble.reason for trouble in troubles])


def _action(trouble: Trouble) -> str:
    if trouble.stands and trouble.kind in WHERE_EARLIER_DATA_STAND:
        return WHERE_EARLIER_DATA_STAND[trouble.kind]
    return ACTIONS[trouble.kind]


def _fitting_table(summary: Summary, console: Console) -> Table:
    """The months; on a narrow terminal without delivery, because half a number is none."""
    table = _months_table(summary, (*DELIVERY, *RESULTS))
    if console.measure(table, options=console.options.update(width=WIDE)).maximum <= console.width:
        return table
    return _months_table(summary, RESULTS)


def _months_table(summary: Summary, figures: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("client", overflow="fold")
    table.add_column("month", no_wrap=True)
    table.add_column("spend", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for name in (*figures, "days"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    left_out = {(t.client_id, t.since) for t in summary.troubles if t.kind == "left out"}
    for row in summary.months:
        if row.month is None:
            empty = [""] * (len(figures) + 3)
            table.add_row(row.client_id, "none", *empty, "not published")
            continue
        stale = " stale" if (row.client_id, row.month) in left_out else ""
        table.add_row(
            row.client_id,
            row.month.strftime("%Y-%m"),
            _number(row.spend),
            row.currency or "",
            *(_number(getattr(row, name), ABSENT.get(name, "")) for name in figures),
            f"{row.days_received}/{row.days_owed}",
            f"{row.month_state}{stale}",
        )
    return table


def _number(value: Decimal | int | None, absent: str = "") -> str:
    return absent if value is None else f"{value:,}"
