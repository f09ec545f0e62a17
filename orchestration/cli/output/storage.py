"""What `meta-ads storage` prints for people."""

from collections.abc import Sequence

from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.tables import plain_table
from orchestration.retention.prune import Pruned
from orchestration.retention.sizes import Estimate, Storage, TableReport
from orchestration.text import plural, size

SMALL = 1 << 20
"""Smaller tables without old rows are one line together."""


def print_storage(storage: Storage) -> None:
    """Print a line for each table, the largest first."""
    table = plain_table(("table", "size", "rows, about", "growth a month", "retention frees", ""))
    shown = [report for report in storage.tables if _is_shown(report)]
    for report in shown:
        table.add_row(
            report.table.name,
            size(report.table.size),
            f"{report.table.rows:,}",
            "" if report.growth is None else size(report.growth),
            _freed(report.estimate),
            _setting(report.estimate),
        )
    listing_console().print(table)
    rest = [report for report in storage.tables if not _is_shown(report)]
    if rest:
        room = size(sum(report.table.size for report in rest))
        say(f"{plural(len(rest), 'smaller table')}: {room}.")
    say(f"All tables: {size(storage.size)}. Retention would free {size(storage.frees)} of them.")
    if storage.old_files:
        say(f"Old logs and folders of pages: {len(storage.old_files)}.")
    say("What each rule keeps: meta-ads storage prune --dry-run.")


def print_rules(storage: Storage) -> None:
    """Print what each rule would delete now, and what it keeps."""
    for report in storage.tables:
        if (estimate := report.estimate) is None:
            continue
        rule = estimate.rule
        if not estimate.days:
            say(f"{rule.table}: nothing, {rule.variable} is 0.")
            continue
        about = "" if estimate.is_exact else "about "
        say(
            f"{rule.table}: {about}{plural(estimate.rows, 'row')} ({size(estimate.frees)}), "
            f"{rule.goes}, older than {plural(estimate.days, 'day')} ({rule.variable}). "
            f"Kept: {rule.stays}."
        )
    for path in storage.old_files:
        say(f"{path}: old.")


def print_pruned(pruned: Sequence[Pruned]) -> None:
    """Print what was deleted of each table, and what is left for the next time."""
    for one in pruned:
        if one.rows:
            verb = "put together" if one.rule.statement.startswith("fold") else "deleted"
            say(f"{one.rule.table}: {plural(one.rows, 'row')} {verb}, {one.rule.goes}.")
    if left := [one.rule.table for one in pruned if not one.is_done]:
        say(f"Something else held rows of {', '.join(left)}: run it again in a moment.")
    elif not any(one.rows for one in pruned):
        say("Nothing is old enough to be deleted.")


def _is_shown(report: TableReport) -> bool:
    return report.table.size >= SMALL or bool(report.estimate and report.estimate.rows)


def _freed(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{'' if estimate.is_exact else 'about '}{size(estimate.frees)}"


def _setting(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.rule.variable}={estimate.days}"
