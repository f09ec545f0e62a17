"""The commands of `meta-ads publications`, and what they print."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby

import psycopg
from rich.table import Table

from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.documents import print_document
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.publications.diff import Change, changes
from orchestration.warehouse.publications.publications import (
    Publication,
    check_clients,
    manifest,
    publication,
    publications,
    readable_publication,
    reopenings,
)
from orchestration.warehouse.publications.rollback import prune, roll_back
from orchestration.warehouse.publications.verification import Verification, verify


def print_publications(settings: Settings, limit: int, *, as_json: bool) -> None:
    """A line for each publication, newest first."""
    with connect(settings) as connection:
        found = publications(connection, limit)
    if as_json:
        print_document({"publications": found})
        return
    if not found:
        say("Nothing is published yet: meta-ads run collects, builds and publishes.")
        return
    table = _table("id", "published (UTC)", "kind", "client-months", "rows in", "rows ended", "")
    for one in found:
        table.add_row(
            str(one.publication_id),
            _instant(one.published_at),
            one.kind,
            *map(str, (one.client_months, one.rows_inserted, one.rows_ended)),
            _remark(one),
        )
    listing_console().print(table)


def _remark(one: Publication) -> str:
    remarks = []
    if one.restores is not None:
        remarks.append(f"back to {one.restores}: {one.reason}")
    if one.pruned_at is not None:
        remarks.append(f"pruned {_instant(one.pruned_at)}")
    return "; ".join(remarks)


def show_publication(
    settings: Settings, publication_id: int, only: Sequence[str], *, as_json: bool
) -> None:
    """What a publication changed, by client-month and mart.

    Raises:
        UsageError: no such publication or client.
    """
    with connect(settings) as connection:
        one = publication(connection, publication_id)
        clients = check_clients(connection, only)
        lines = manifest(connection, publication_id, clients)
        reopened = reopenings(connection, publication_id, clients)
    if as_json:
        print_document(asdict(one) | {"manifest": lines, "reopenings": reopened})
        return
    of = f", business time {_instant(one.business_time)}" if one.business_time else ""
    say(
        f"Publication {one.publication_id} ({one.kind}) of {_instant(one.published_at)} UTC"
        f"{of}, by {one.published_by}: {one.client_months} client-months, "
        f"{one.rows_inserted} rows in, {one.rows_ended} ended."
    )
    if remark := _remark(one):
        say(remark)
    for (client_id, month), group in groupby(lines, lambda line: (line.client_id, line.month)):
        say(f"{client_id} {month:%Y-%m}")
        for line in group:
            sums = ", ".join(f"{k} {v}" for k, v in line.sums.items() if v is not None)
            say(f"    {line.mart}: {line.row_count} rows{'; ' if sums else ''}{sums}")
    for opened in reopened:
        say(f"{opened.client_id} {opened.month:%Y-%m} was final: {opened.changes}")


def print_diff(
    settings: Settings,
    before: int,
    after: int,
    only: Sequence[str],
    *,
    with_days: bool,
    as_json: bool,
) -> None:
    """A line for each metric that differs from one publication to the other.

    Raises:
        UsageError: no such publication or client, or what it showed was pruned.
    """
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for one in (before, after):
            readable_publication(connection, one)
        clients = check_clients(connection, only)
        found = changes(connection, before, after, clients, with_days=with_days)
    if as_json:
        print_document({"before": before, "after": after, "changes": found})
        return
    if not found:
        say(f"The marts are the same as of publications {before} and {after}.")
        return
    table = _table(
        "client", "campaign", "month or day", "metric", f"as of {before}", f"as of {after}", ""
    )
    for change in found:
        table.add_row(
            change.client_id,
            change.campaign_id,
            str(change.date_day or f"{change.month:%Y-%m}"),
            _metric(change),
            change.before or "-",
            change.after or "-",
            "" if change.change == "changed" else f"row {change.change}",
        )
    listing_console().print(table)


def _metric(change: Change) -> str:
    if change.conversion_family is None:
        return change.metric
    return f"{change.conversion_family} ({change.attribution_window}) {change.metric}"


def roll_back_to(settings: Settings, publication_id: int, only: Sequence[str], reason: str) -> None:
    """Publish anew what a publication showed, and say what that changed.

    Raises:
        UsageError: no reason, no such publication or client, pruned, or nothing to take back.
        MetaAdsError: other transactions were in the way each time.
    """
    if not reason.strip():
        raise UsageError("--reason is empty: say why, it is kept with the publication.")
    with connect(settings, autocommit=True) as connection:
        clients = check_clients(connection, only)
        done = roll_back(connection, publication_id, clients, reason.strip(), settings.retry_delays)
    of = f" of {', '.join(clients)}" if clients else ""
    say(
        f"Publication {done.publication_id}: the marts{of} are as publication {publication_id} "
        f"left them. {done.client_months} client-months, {done.rows_inserted} rows in, "
        f"{done.rows_ended} ended; what was there before is in the history."
    )
    say(
        "They stay so until their data change: the next build that has new data publishes them "
        "anew. So does one with changed rules, or meta-ads build --full-refresh."
    )


def print_verification(settings: Settings, *, as_json: bool) -> bool:
    """Whether every row is as it was published; names those that are not."""
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = verify(connection)
    is_clean = not found.rows and not found.history
    if as_json:
        print_document({"is_as_published": is_clean} | asdict(found))
    elif is_clean:
        say(
            f"{found.row_count} rows in {found.client_months} client-months are as they were "
            "published."
        )
    else:
        _print_problems(found)
    return is_clean


def _print_problems(found: Verification) -> None:
    for row in found.rows:
        key = f" [{row.row_key}]" if row.row_key else ""
        say(f"{row.mart} {row.client_id} {row.month:%Y-%m}{key}: {row.problem}")
    for past in found.history:
        say(
            f"{past.mart} {past.client_id} {past.month:%Y-%m}: what publication "
            f"{past.publication_id} showed is not what it published"
        )
    counts = f"{len(found.rows)} rows, {len(found.history)} client-months of publications"
    say(f"Not as published: {counts}.")
    if found.rows:
        say(
            "meta-ads build --full-refresh puts published rows right from the collected data; a "
            "client-month that was never published has to be deleted by whoever wrote it."
        )
    if found.history:
        say(
            "What a publication showed is not computed again: restore it from a backup. Or "
            "leave the past: meta-ads publications prune gives up what lies back far enough."
        )


def prune_publications(settings: Settings, keep_days: int, *, dry_run: bool) -> None:
    """Give up old states and say how many.

    Raises:
        MetaAdsError: other transactions were in the way each time.
    """
    with connect(settings, autocommit=True) as connection:
        done = prune(connection, keep_days, settings.retry_delays, dry_run=dry_run)
    verb = "would be" if dry_run else "are"
    say(
        f"{done.publications} publications older than {keep_days} days {verb} pruned, "
        f"{done.rows_removed} rows of history {verb} removed. Kept: the latest publication and the "
        "last one of every month."
    )


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, header_style="bold", pad_edge=False)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
