"""What the commands of `meta-ads publications` do: read, compare, roll back, verify and prune."""

from collections.abc import Sequence
from dataclasses import asdict

import psycopg

from orchestration.cli.actions.confirming import confirm_on_terminal
from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.publications import (
    print_diff,
    print_manifest,
    print_publications,
    print_verification,
)
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import check_clients
from orchestration.warehouse.publications.diff import changes
from orchestration.warehouse.publications.publications import (
    manifest,
    publication,
    publications,
    readable_publication,
    reopenings,
)
from orchestration.warehouse.publications.rollback import prune, roll_back
from orchestration.warehouse.publications.verification import verify


def list_publications(settings: Settings, limit: int, *, as_json: bool) -> None:
    """List the newest publications, at most `limit`."""
    with connect(settings) as connection:
        newest = publications(connection, limit)
    if as_json:
        print_document({"publications": newest})
    else:
        print_publications(newest)


def show_publication(
    settings: Settings, publication_id: int, only: Sequence[str], *, as_json: bool
) -> None:
    """Show what a publication changed, by client-month and mart.

    Raises:
        UsageError: no such publication or client.
    """
    with connect(settings) as connection:
        chosen = publication(connection, publication_id)
        clients = check_clients(connection, only)
        lines = manifest(connection, publication_id, clients)
        reopened = reopenings(connection, publication_id, clients)
    if as_json:
        print_document(asdict(chosen) | {"manifest": lines, "reopenings": reopened})
    else:
        print_manifest(chosen, lines, reopened)


def compare_publications(
    settings: Settings,
    before: int,
    after: int,
    only: Sequence[str],
    *,
    with_days: bool,
    as_json: bool,
) -> None:
    """Compare the marts as two publications left them.

    Raises:
        UsageError: no such publication or client, or what it showed was pruned.
    """
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for publication_id in (before, after):
            readable_publication(connection, publication_id)
        clients = check_clients(connection, only)
        differences = changes(connection, before, after, clients, with_days=with_days)
    if as_json:
        print_document({"before": before, "after": after, "changes": differences})
    else:
        print_diff(before, after, differences)


def roll_back_to(settings: Settings, publication_id: int, only: Sequence[str], reason: str) -> None:
    """Publish again what an earlier publication showed, and print what that changed.

    Raises:
        UsageError: no reason, no such publication or client, pruned, or nothing to change.
        MetaAdsError: other transactions held locks at every attempt.
    """
    if not reason.strip():
        raise UsageError("--reason is empty: say why, it is stored with the publication.")
    with connect(settings, autocommit=True) as connection:
        clients = check_clients(connection, only)
        rollback = roll_back(
            connection, publication_id, clients, reason.strip(), settings.retry_delays
        )
    of = f" of {', '.join(clients)}" if clients else ""
    say(
        f"Publication {rollback.publication_id}: the marts{of} are as publication {publication_id} "
        f"left them. {rollback.client_months} client-months, {rollback.rows_inserted} rows in, "
        f"{rollback.rows_ended} ended; what was there before is in the history."
    )
    say(
        "They stay so until a build publishes them again: one with new data for them, one after "
        "the rules changed, or meta-ads build --full-refresh."
    )


def verify_publications(settings: Settings, *, as_json: bool) -> int:
    """Check that every row is as it was published; returns the exit code."""
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        result = verify(connection)
    is_clean = not result.rows and not result.history
    if as_json:
        print_document({"is_as_published": is_clean} | asdict(result))
    else:
        print_verification(result)
    return DONE if is_clean else UNFINISHED


def prune_publications(
    settings: Settings, keep_days: int, *, dry_run: bool, without_asking: bool
) -> None:
    """Remove what old publications showed from the history, and print how much.

    Raises:
        typer.Abort: the person at the terminal said no.
        MetaAdsError: other transactions held locks at every attempt.
    """
    if not dry_run:
        confirm_on_terminal(
            f"This deletes what publications older than {plural(keep_days, 'day')} showed",
            without_asking=without_asking,
        )
    with connect(settings, autocommit=True) as connection:
        pruning = prune(connection, keep_days, settings.retry_delays, dry_run=dry_run)
    verb = "would be" if dry_run else "are"
    say(
        f"{pruning.publications} publications older than {keep_days} days {verb} pruned, "
        f"{pruning.rows_removed} rows of history {verb} removed. Kept: the latest publication and "
        "the last one of every month."
    )
