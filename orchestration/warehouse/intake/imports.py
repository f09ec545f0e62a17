"""Batches that are imports of exports, and what the ledger says of an import's days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.warehouse.connection import Connection, storable

API_VERSION = "import"
"""What stands in `api_version` of a batch whose rows come from an export."""


@dataclass(frozen=True, kw_only=True)
class ImportedBatch:
    """A batch whose rows come from a file, and whether they say how many conversions there were."""

    batch_id: int
    file_name: str
    sha256: str
    names_conversions: bool
    imported_by: str


def note_imports(connection: Connection, batches: Sequence[ImportedBatch]) -> None:
    """Note from which file batches come."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.imports (batch_id, file_name, sha256, names_conversions, imported_by) "
            "values (%s, %s, %s, %s, %s)",
            [
                (b.batch_id, storable(b.file_name), b.sha256, b.names_conversions, b.imported_by)
                for b in batches
            ],
        )


def days_of_api(connection: Connection, client_id: str, days: Sequence[date]) -> set[date]:
    """The days of which the API's own rows stand. A day that it called empty has none."""
    rows = connection.execute(
        """
        select s.date_day from ops.slice_state as s
        left join ops.imports as i on s.batch_id = i.batch_id
        where s.client_id = %s and s.level = 'campaign' and s.date_day = any(%s)
            and s.state = 'received' and i.batch_id is null
        """,
        [client_id, list(days)],
    )
    return {day for (day,) in rows}


def families_had(connection: Connection, client_id: str) -> set[str]:
    """The counted conversion families of which the client ever had a conversion."""
    rows = connection.execute(
        "select distinct substr(metric, length('conversions:') + 1) from ops.restatements "
        "where client_id = %s and metric like 'conversions:%%' and after > 0",
        [client_id],
    )
    return {family for (family,) in rows}


def account_name_of(connection: Connection, client_id: str) -> str | None:
    """What Meta calls the client's ad account."""
    row = connection.execute(
        "select account_name from ops.clients where client_id = %s", [client_id]
    ).fetchone()
    return row[0] if row else None


def foreign_campaigns(
    connection: Connection, account_id: str, campaign_ids: Sequence[str]
) -> Mapping[str, str]:
    """Those of the campaigns that are stored with another ad account, which owns them."""
    rows = connection.execute(
        "select distinct campaign_id, account_id from staging.insights "
        "where level = 'campaign' and campaign_id = any(%s) and account_id <> %s",
        [list(campaign_ids), account_id],
    )
    return dict(rows.fetchall())
