"""Checks that every published row, and every earlier one, is still as it was published."""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from orchestration.warehouse.connection import Connection


@dataclass(frozen=True, kw_only=True)
class ChangedRow:
    """A published row that was changed by something else; `row_key` is None for a whole month."""

    mart: str
    client_id: str
    month: date
    row_key: str | None
    problem: str


@dataclass(frozen=True)
class ChangedHistory:
    """A client-month whose earlier rows differ from what a publication recorded."""

    publication_id: int
    mart: str
    client_id: str
    month: date


@dataclass(frozen=True)
class Verification:
    """How many rows and client-months are published, and which were changed since."""

    row_count: int
    client_months: int
    rows: list[ChangedRow]
    history: list[ChangedHistory]


def verify(connection: Connection) -> Verification:
    """Compare every published row, and every earlier client-month, with its fingerprint."""
    counts = connection.execute(
        "select coalesce(sum(cardinality(keys)), 0), count(distinct (client_id, month)) "
        "from ops.published_rows"
    ).fetchone()
    assert counts is not None
    with connection.cursor(row_factory=class_row(ChangedRow)) as cursor:
        rows = cursor.execute("select * from ops.verify_rows() order by 2, 3, 1, 4").fetchall()
    with connection.cursor(row_factory=class_row(ChangedHistory)) as others:
        history = others.execute(
            "select * from ops.verify_history() order by 1, 3, 4, 2"
        ).fetchall()
    return Verification(int(counts[0]), counts[1], rows, history)
