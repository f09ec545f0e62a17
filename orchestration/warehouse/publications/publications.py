"""The publications that were made, and what each of them changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.rows import class_row

from orchestration.errors import UsageError
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A publication; `business_time` is the instant that its build took for now."""

    publication_id: int
    published_at: datetime
    kind: str
    published_by: str
    build_id: int | None
    business_time: datetime | None
    client_months: int
    rows_inserted: int
    rows_ended: int
    restores: int | None
    reason: str | None
    pruned_at: datetime | None


def publications(connection: Connection, limit: int) -> list[Publication]:
    """The newest publications, newest first."""
    return _publications(connection, None, limit)


def publication(connection: Connection, publication_id: int) -> Publication:
    """The publication with this number.

    Raises:
        UsageError: there is none.
    """
    matches = _publications(connection, publication_id, 1)
    if not matches:
        raise UsageError(
            f"There is no publication {publication_id}: meta-ads publications list shows them."
        )
    return matches[0]


def _publications(
    connection: Connection, publication_id: int | None, limit: int
) -> list[Publication]:
    with connection.cursor(row_factory=class_row(Publication)) as cursor:
        cursor.execute(
            read_sql(__file__, "publications"),
            [publication_id, limit],
        )
        return cursor.fetchall()


def readable_publication(connection: Connection, publication_id: int) -> None:
    """Check that the rows of the publication are still kept; 0 is the time before the first one.

    Raises:
        UsageError: there is no such publication, or it was pruned; names the nearest kept ones.
    """
    if publication_id:
        publication(connection, publication_id)
    try:
        connection.execute("select ops.readable_publication(%s)", [publication_id])
    except psycopg.errors.RaiseException as error:
        raise refusal(error) from None


@dataclass(frozen=True, kw_only=True)
class ManifestLine:
    """The rows of a changed client-month in a mart after the publication; sums are decimal text."""

    client_id: str
    month: date
    mart: str
    row_count: int
    sums: dict[str, str | None]


def manifest(
    connection: Connection, publication_id: int, client_ids: Sequence[str]
) -> list[ManifestLine]:
    """The client-months and marts that a publication changed; no clients: of all."""
    with connection.cursor(row_factory=class_row(ManifestLine)) as cursor:
        cursor.execute(
            """
            select
                m.client_id, m.month, m.mart, m.row_count,
                (select coalesce(jsonb_object_agg(s.key, s.value), '{}')
                 from jsonb_each_text(m.sums) as s) as sums
            from ops.publication_manifest as m
            where m.publication_id = %(publication)s
                and (%(clients)s::text[] is null or m.client_id = any(%(clients)s))
            order by m.client_id, m.month, m.mart
            """,
            {"publication": publication_id, "clients": list(client_ids) or None},
        )
        return cursor.fetchall()


@dataclass(frozen=True)
class Reopening:
    """A final month that a publication changed."""

    client_id: str
    month: date
    changes: str


def reopenings(
    connection: Connection, publication_id: int, client_ids: Sequence[str]
) -> list[Reopening]:
    """The final months that a publication changed."""
    with connection.cursor(row_factory=class_row(Reopening)) as cursor:
        cursor.execute(
            """
            select client_id, month, changes from ops.reopenings
            where publication_id = %(publication)s
                and (%(clients)s::text[] is null or client_id = any(%(clients)s))
            order by client_id, month
            """,
            {"publication": publication_id, "clients": list(client_ids) or None},
        )
        return cursor.fetchall()


def refusal(error: psycopg.Error) -> UsageError:
    """The error that a function of the database raised, with its hint."""
    return UsageError(" ".join(filter(None, (error.diag.message_primary, error.diag.message_hint))))
