"""What `meta-ads import` prints: how the file was read, its totals, and what became of its days."""

from typing import Any

from orchestration.cli.output.console import say, say_data
from orchestration.collection.imports.importing import Imported
from orchestration.days import days_in_words
from orchestration.exports.export import Export
from orchestration.quality.verdict import Verdict
from orchestration.text import plain, plural


def print_import(export: Export, imported: Imported, *, is_preview: bool) -> None:
    """Print the mapping, the totals, what is left out or refused, and what is kept."""
    columns = export.columns
    say_data(f"{export.file_name} (sha256 {export.sha256[:12]}), language {columns.language}:")
    for meaning, label in columns.labels.items():
        say_data(f"    {meaning} = {label}")
    if columns.unused:
        say_data(f"    not used: {', '.join(columns.unused)}")
    rows, count = plural(len(export.rows), "row"), plural(len(export.days), "day")
    say(
        f"{rows} at {export.level} level, {count}, {export.days[0]} to {export.days[-1]}, in "
        f"{imported.currency}, time zone {imported.timezone_name}."
    )
    total = (
        f"the total of line {export.total_line} agrees" if export.total_line else "no total line"
    )
    sums = ", ".join(f"{name} {plain(value)}" for name, value in export.sums().items())
    say_data(f"Totals: {sums}; {total}.")
    for reason, days in imported.left_out.items():
        say(f"Left out, because {reason}: {days_in_words(days)}.")
    if imported.without_conversions:
        say(
            "The file does not say how many conversions there were: they stay unknown on "
            f"{days_in_words(imported.without_conversions)}."
        )
    for outcome in imported.outcomes:
        if outcome.verdict:
            _print_verdict(outcome.verdict)
    would = "would be " if is_preview else ""
    say(
        f"{plural(imported.days_kept, 'day')} {would}imported, {imported.days_changed} of them new "
        f"or changed; {imported.days_refused} {would}refused."
    )
    if is_preview:
        say("Nothing was kept: leave out --preview to import.")


def _print_verdict(verdict: Verdict) -> None:
    for violation in verdict.violations:
        kind = "Refused" if violation.severity == "blocking" else "Warning"
        day = violation.date_day or "no day"
        say_data(f"{kind} {day}: {violation.rule}: {violation.detail}")


def import_document(export: Export, imported: Imported, *, is_preview: bool) -> dict[str, Any]:
    """The same for programs."""
    violations = [
        violation
        for outcome in imported.outcomes
        if outcome.verdict
        for violation in outcome.verdict.violations
    ]
    return {
        "file": export.file_name,
        "sha256": export.sha256,
        "is_preview": is_preview,
        "columns": export.columns.labels,
        "columns_not_used": export.columns.unused,
        "language": export.columns.language,
        "level": export.level,
        "rows": len(export.rows),
        "since": export.days[0],
        "until": export.days[-1],
        "currency": imported.currency,
        "totals": export.sums(),
        "total_line": export.total_line,
        "days_kept": imported.days_kept,
        "days_changed": imported.days_changed,
        "days_refused": imported.days_refused,
        "days_without_conversions": imported.without_conversions,
        "left_out": imported.left_out,
        "violations": violations,
    }
