"""What `meta-ads storage` does: measure the tables, and delete old records."""

from math import inf
from typing import Any

from orchestration.cli.actions.confirming import confirm_on_terminal
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.storage import print_pruned, print_rules, print_storage
from orchestration.retention.files import delete_old_files
from orchestration.retention.prune import prune
from orchestration.retention.rules import KEPT
from orchestration.retention.sizes import Storage, TableReport, measure
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import connect


def show_storage(settings: Settings, *, as_json: bool) -> None:
    """Show the size of each table, its growth, and what retention would free."""
    storage = _measured(settings)
    if as_json:
        print_document(_document(storage))
    else:
        print_storage(storage)


def prune_storage(settings: Settings, *, dry_run: bool, without_asking: bool) -> None:
    """Delete what is old enough, and print how much.

    Raises:
        typer.Abort: the person at the terminal said no.
    """
    if dry_run:
        print_rules(_measured(settings))
        return
    confirm_on_terminal(
        "This deletes old records as the settings META_ADS_KEEP_... say (--dry-run shows how many)",
        without_asking=without_asking,
    )
    print_pruned(prune(settings, inf, is_whole=True))
    if files := delete_old_files(settings):
        say(f"{plural(files, 'old file or folder', 'old files and folders')} deleted.")


def _measured(settings: Settings) -> Storage:
    with connect(settings) as connection:
        return measure(connection, settings)


def _document(storage: Storage) -> dict[str, Any]:
    return {
        "bytes": storage.size,
        "freed_bytes": storage.frees,
        "old_files": len(storage.old_files),
        "tables": [_table(report) for report in storage.tables],
    }


def _table(report: TableReport) -> dict[str, Any]:
    table, estimate = report.table, report.estimate
    schema = table.name.partition(".")[0]
    return {
        "table": table.name,
        "bytes": table.size,
        "rows": table.rows,
        "growth_bytes_a_month": report.growth,
        "setting": estimate and estimate.rule.variable,
        "days": estimate and estimate.days,
        "old_rows": estimate and estimate.rows,
        "freed_bytes": estimate and estimate.frees,
        "is_estimate": estimate and not estimate.is_exact,
        "stays": estimate.rule.stays if estimate else KEPT.get(table.name, KEPT.get(schema)),
    }
