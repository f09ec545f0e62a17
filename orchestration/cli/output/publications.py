"""What `meta-ads publications` prints for people."""

from collections.abc import Sequence
from itertools import groupby

from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.tables import plain_table, utc_seconds
from orchestration.text import plural
from orchestration.warehouse.publications.diff import Change
from orchestration.warehouse.publications.publications import (
    ManifestLine,
    Publication,
    Reopening,
)
from orchestration.warehouse.publications.verification import Verification


def print_publications(publications: Sequence[Publication]) -> None:
    """Print a line for each publication."""
    if not publications:
        say("Nothing is published yet: meta-ads run collects, builds and publishes.")
        return
    table = plain_table(
        ("id", "published (UTC)", "kind", "client-months", "rows in", "rows ended", "")
    )
    for row in publications:
        table.add_row(
            str(row.publication_id),
            utc_seconds(row.published_at),
            row.kind,
            str(row.client_months),
            str(row.rows_inserted),
            str(row.rows_ended),
            _remark(row),
        )
    listing_console().print(table)


def print_manifest(
    publication: Publication, lines: Sequence[ManifestLine], reopened: Sequence[Reopening]
) -> None:
    """Print a publication, and the rows and sums of each client-month and mart that it changed."""
    started = publication.business_time
    of = f", business time {utc_seconds(started)}" if started else ""
    say(
        f"Publication {publication.publication_id} ({publication.kind}) of "
        f"{utc_seconds(publication.published_at)} UTC{of}, by {publication.published_by}: "
        f"{publication.client_months} client-months, {publication.rows_inserted} rows in, "
        f"{publication.rows_ended} ended."
    )
    if remark := _remark(publication):
        say(remark)
    for (client_id, month), marts in groupby(lines, lambda line: (line.client_id, line.month)):
        say(f"{client_id} {month:%Y-%m}")
        for line in marts:
            sums = ", ".join(f"{k} {v}" for k, v in line.sums.items() if v is not None)
            say(f"    {line.mart}: {line.row_count} rows{'; ' if sums else ''}{sums}")
    for opened in reopened:
        say(f"{opened.client_id} {opened.month:%Y-%m} was final: {opened.changes}")


def print_diff(before: int, after: int, changes: Sequence[Change]) -> None:
    """Print a line for each metric that differs between two publications."""
    if not changes:
        say(f"The marts are the same as of publications {before} and {after}.")
        return
    table = plain_table(
        ("client", "campaign", "month or day", "metric", f"as of {before}", f"as of {after}", "")
    )
    for change in changes:
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


def print_verification(result: Verification) -> None:
    """Print whether every row is as it was published, else which are not and what to do."""
    if not result.rows and not result.history:
        say(
            f"{result.row_count} rows in {result.client_months} client-months are as they were "
            "published."
        )
        return
    for row in result.rows:
        key = f" [{row.row_key}]" if row.row_key else ""
        say(f"{row.mart} {row.client_id} {row.month:%Y-%m}{key}: {row.problem}")
    for past in result.history:
        say(
            f"{past.mart} {past.client_id} {past.month:%Y-%m}: what publication "
            f"{past.publication_id} showed is not what it published"
        )
    rows = plural(len(result.rows), "row")
    history = plural(len(result.history), "client-month")
    say(f"Not as published: {rows}, {history} of earlier publications.")
    if result.rows:
        say(
            "meta-ads build --full-refresh puts published rows right from the collected data; a "
            "client-month that was never published has to be deleted by whoever wrote it."
        )
    if result.history:
        say(
            "What an earlier publication showed is not computed again: restore it from a backup. "
            "Or give it up: meta-ads publications prune removes publications that are old enough."
        )


def _remark(publication: Publication) -> str:
    remarks = []
    if publication.restores is not None:
        remarks.append(f"back to {publication.restores}: {publication.reason}")
    if publication.pruned_at is not None:
        remarks.append(f"pruned {utc_seconds(publication.pruned_at)}")
    return "; ".join(remarks)


def _metric(change: Change) -> str:
    if change.conversion_family is None:
        return change.metric
    return f"{change.conversion_family} ({change.attribution_window}) {change.metric}"
