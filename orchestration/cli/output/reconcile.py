"""What `meta-ads reconcile` prints: the differences by cause, the totals, and the verdict."""

from collections import Counter
from typing import Any

from orchestration.cli.output.console import listing_console, say, say_data
from orchestration.cli.output.tables import plain_table
from orchestration.days import span
from orchestration.exports.export import Export
from orchestration.reconcile.cause import Cause
from orchestration.reconcile.compare import Difference
from orchestration.reconcile.reconciling import Reconciled
from orchestration.text import plain, plural

MOST_ROWS = 20
"""How many differences of one cause are listed."""


def print_reconciled(export: Export, found: Reconciled) -> None:
    """Print what was compared, each difference under its cause, and the verdict."""
    say_data(
        f"{export.file_name} (sha256 {export.sha256[:12]}): {found.client_id}, {export.level} "
        f"level, {span(found.since, found.until)}, in {found.currency}; publication "
        f"{found.publication_id}."
    )
    for cause, differences in _by_cause(found).items():
        surely = "Cause" if cause.is_proven else "Likely cause"
        say(f"{surely}: {cause.sentence} [{cause.code}]")
        _print_rows(differences)
    for names, why in found.not_compared.items():
        say_data(f"Not compared: {names}: {why}.")
    for metric, (exported, published) in found.comparison.totals.items():
        say_data(
            f"Total {metric}: {plain(exported)} in the export, {plain(published)} in the marts, "
            f"difference {plain(exported - published)}."
        )
    say(verdict(found))
    if not found.agrees:
        say(f"meta-ads explain {found.client_id} MONTH --campaign ID follows a number to its rows.")


def _print_rows(differences: list[Difference]) -> None:
    table = plain_table(("days", "campaign", "figure", "export", "marts", "difference", "line"))
    for each in differences[:MOST_ROWS]:
        table.add_row(
            span(each.since, each.until),
            f"{each.subject.id} {each.subject.name}".strip(),
            each.metric,
            "no row" if each.exported is None else plain(each.exported),
            "unknown" if each.published is None else plain(each.published),
            plain(each.delta),
            plain(each.line),
        )
    listing_console().print(table)
    if len(differences) > MOST_ROWS:
        say(f"... and {len(differences) - MOST_ROWS} more; --json has all.")


def _by_cause(found: Reconciled) -> dict[Cause, list[Difference]]:
    grouped: dict[Cause, list[Difference]] = {}
    for difference, cause in found.differences:
        grouped.setdefault(cause, []).append(difference)
    return grouped


def verdict(found: Reconciled) -> str:
    """The answer in one line."""
    compared = found.comparison
    about = f"{span(found.since, found.until)} of {found.client_id}"
    figures = f"{plural(compared.figures, 'figure')} of {plural(compared.rows, 'row')}"
    besides = ""
    if compared.rounded:
        besides = (
            f"; {plural(compared.rounded, 'amount')} by rounding alone, at most "
            f"{plain(compared.largest_rounding)}"
        )
    if compared.unknown:
        besides += f"; {plural(compared.unknown, 'figure')} unknown in the marts, none in the file"
    if found.agrees:
        return f"Verdict: agrees. All {figures} are the same, {about}{besides}."
    causes = Counter(cause.code.replace("_", " ") for _, cause in found.differences)
    told = ", ".join(f"{count} {code}" for code, count in causes.most_common())
    hidden = sorted(
        {difference.metric for difference, _ in found.differences}
        & {name for name, (ours, theirs) in compared.totals.items() if ours == theirs}
    )
    equal = f" The totals of {', '.join(hidden)} agree all the same." if hidden else ""
    return (
        f"Verdict: differs. {len(found.differences):,} of {figures}, {about}: {told}"
        f"{besides}.{equal}"
    )


def reconciled_document(export: Export, found: Reconciled) -> dict[str, Any]:
    """The same for programs."""
    compared = found.comparison
    return {
        "file": export.file_name,
        "sha256": export.sha256,
        "client_id": found.client_id,
        "level": export.level,
        "since": found.since,
        "until": found.until,
        "currency": found.currency,
        "timezone_name": found.timezone_name,
        "publication_id": found.publication_id,
        "agrees": found.agrees,
        "verdict": verdict(found),
        "rows": compared.rows,
        "figures": compared.figures,
        "rounded": compared.rounded,
        "unknown_in_marts": compared.unknown,
        "metrics": found.metrics,
        "not_compared": found.not_compared,
        "totals": {
            name: {"exported": exported, "published": published}
            for name, (exported, published) in compared.totals.items()
        },
        "differences": [
            {
                "since": each.since,
                "until": each.until,
                "line": each.line,
                "campaign_id": each.subject.id or None,
                "campaign_name": each.subject.name,
                "metric": each.metric,
                "exported": each.exported,
                "published": each.published,
                "difference": each.delta,
                "cause": cause.code,
                "is_proven": cause.is_proven,
                "why": cause.sentence,
            }
            for each, cause in found.differences
        ],
    }
