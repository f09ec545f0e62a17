"""Reconciles an export with the marts: reads both in one snapshot, compares, and explains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.days import month_end
from orchestration.errors import UsageError
from orchestration.exports.export import Export
from orchestration.reconcile.cause import Cause
from orchestration.reconcile.causes import Causes
from orchestration.reconcile.client import client_of, subjects_of
from orchestration.reconcile.compare import Comparison, Difference, compare
from orchestration.reconcile.evidence import gather
from orchestration.reconcile.figures import file_rows, metrics_of
from orchestration.reconcile.months import compare_months
from orchestration.reconcile.published import monthly_conversions, published_days
from orchestration.warehouse.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What came out: the differences with their causes, and what could not be compared and why."""

    client_id: str
    currency: str
    timezone_name: str
    since: date
    until: date
    metrics: Sequence[str]
    comparison: Comparison
    differences: Sequence[tuple[Difference, Cause]]
    not_compared: Mapping[str, str]
    publication_id: int | None

    @property
    def agrees(self) -> bool:
        """Whether every figure is the same."""
        return not self.differences


def reconcile(connection: Connection, export: Export, client_id: str | None) -> Reconciled:
    """Compare an export with what is published; the connection is in one snapshot.

    Raises:
        UsageError: the file is another account's, in another currency, or has nothing to compare.
    """
    if not export.rows:
        raise UsageError(f"{export.file_name} has no row with a number in it.")
    client = client_of(connection, export, client_id)
    rows = file_rows(export, subjects_of(connection, export, client.client_id))
    metrics = metrics_of(export)
    if not any(row.figures for row in rows):
        raise UsageError(f"{export.file_name} has no column that the marts have, too.")
    since, until = min(row.since for row in rows), max(row.until for row in rows)
    evidence = gather(
        connection,
        client.client_id,
        since.replace(day=1),
        month_end(until),
        client.timezone_name or "UTC",
    )
    published = published_days(
        connection, client.client_id, since, until, of_account=export.level == "account"
    )
    monthly = monthly_conversions(connection, client.client_id, since, until)
    found = compare(rows, metrics, published, export.currency)
    left = compare_months(found, rows, evidence.days, monthly)
    row = connection.execute("select max(publication_id) from ops.publications").fetchone()
    return Reconciled(
        client_id=client.client_id,
        currency=export.currency,
        timezone_name=client.timezone_name or "UTC",
        since=since,
        until=until,
        metrics=[*found.totals],
        comparison=found,
        differences=Causes(evidence, published, monthly).explain(found.differences),
        not_compared=_not_compared(export, left),
        publication_id=row[0] if row else None,
    )


def _not_compared(export: Export, left: Mapping[str, Sequence[date]]) -> dict[str, str]:
    """The figures of the file that were not compared, with the reason."""
    why = {
        name: "the marts have it by whole months and campaigns alone, not so the file in "
        + ", ".join(f"{month:%Y-%m}" for month in months)
        for name, months in left.items()
    }
    if "reach" in export.columns:
        why["reach"] = "people are not comparable over days and campaigns"
    if export.columns.unused:
        why[", ".join(export.columns.unused)] = "columns that the reader does not know"
    return why
