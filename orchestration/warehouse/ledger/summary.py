"""The summary at the end of a run: months by client, troubles, and figures of the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.rows import class_row

from orchestration.expectations.catalogue import RULES
from orchestration.process.owner import build_owner
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

DOUBTFUL = [name for name, rule in RULES.items() if rule.needs_a_look]


@dataclass(frozen=True, kw_only=True)
class ClientMonth:
    """A published client-month; `month` is None for a client without one."""

    client_id: str
    month: date | None
    currency: str | None
    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    conversions: Decimal | None
    days_owed: int | None
    days_received: int | None
    month_state: str | None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that a person should know, for a range of days.

    `kind` is failed, refused, left out, gap, suspected gap, account, no delivery yet,
    no conversions yet, doubtful (kept, and a person should look), warning.
    `stands` says whether data of an earlier answer or publication are in its place;
    None where nothing was to be replaced.
    """

    kind: str
    client_id: str
    since: date
    until: date
    reason: str
    stands: bool | None


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Figures of one run."""

    batches: int
    calls: int
    rows: int
    publication_id: int | None
    publication_rows: int | None


def client_months(
    connection: Connection, since: date | None, until: date | None, client_ids: Sequence[str]
) -> list[ClientMonth]:
    """The latest month of each client, or every month of a range of days."""
    with connection.cursor(row_factory=class_row(ClientMonth)) as cursor:
        cursor.execute(
            read_sql(__file__, "client_months"),
            {"since": since, "until": until, "clients": list(client_ids)},
        )
        return cursor.fetchall()


def has_marts(connection: Connection) -> bool:
    """Whether there are marts, from any build, that this login may read."""
    row = connection.execute(
        """
        select exists (
            select 1 from pg_class as c
            inner join pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = 'marts' and c.relname = 'monthly_client_summary'
                and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
        )
        """
    ).fetchone()
    return row is not None and bool(row[0])


def troubles(
    connection: Connection, client_ids: Sequence[str], run_id: str | None = None
) -> list[Trouble]:
    """Everything that a person should know, by client; neighbouring days are one entry.

    Warnings of the gate are those of the run `run_id`.
    """
    with connection.cursor(row_factory=class_row(Trouble)) as cursor:
        cursor.execute(
            read_sql(__file__, "troubles"),
            {"clients": list(client_ids), "run": run_id, "doubtful": DOUBTFUL},
        )
        return cursor.fetchall()


def ledger(connection: Connection, run_id: str) -> Ledger:
    """The calls and rows of the run with this id, and the latest build of this process."""
    with connection.cursor(row_factory=class_row(Ledger)) as cursor:
        cursor.execute(
            read_sql(__file__, "run_figures"),
            {"owner": build_owner(), "run": run_id},
        )
        figures = cursor.fetchone()
    assert figures is not None
    return figures
