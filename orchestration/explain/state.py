"""The state of a client-month: published, waiting for a build, left out, or never published."""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class MonthState:
    """The state of a published month in the marts; `is_pending`: its data have changed since."""

    month_state: str
    days_owed: int
    days_received: int
    missing_days: list[date]
    empty_days: list[date]
    is_pending: bool


@dataclass(frozen=True)
class Finding:
    """What an audit of the build found in a client-month."""

    check: str
    severity: str
    date_day: date | None
    detail: str


@dataclass(frozen=True)
class LeftOut:
    """The latest build with a client-month, if it did not publish it, and why."""

    build_id: int
    reason: str
    findings: list[Finding]


def month_state(connection: Connection, client_id: str, month: date) -> MonthState:
    """The state of a published month."""
    with connection.cursor(row_factory=class_row(MonthState)) as cursor:
        cursor.execute(
            """
            select
                s.month_state, s.days_owed::integer, s.days_received::integer, s.missing_days,
                s.empty_days, coalesce(m.published_version is distinct from m.version, false)
                    as is_pending
            from marts.client_month_states as s
            left join ops.client_months as m on s.client_id = m.client_id and s.month = m.month
            where s.client_id = %s and s.month = %s
            """,
            [client_id, month],
        )
        state = cursor.fetchone()
    assert state is not None
    return state


def left_out(connection: Connection, client_id: str, month: date) -> LeftOut | None:
    """Why the latest build with the client-month left it out; None where it did not."""
    row = connection.execute(
        "select build_id, left_out from ops.latest_build_of(%s, %s)", [client_id, month]
    ).fetchone()
    if row is None or row[1] is None:
        return None
    return LeftOut(row[0], row[1], _findings(connection, client_id, month))


def _findings(connection: Connection, client_id: str, month: date) -> list[Finding]:
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        cursor.execute(
            'select "check", severity, date_day, detail from audit.audit_findings '
            "where client_id = %s and month = %s order by severity, 1, 3",
            [client_id, month],
        )
        return cursor.fetchall()


def never_published(connection: Connection, client_id: str, month: date) -> str:
    """What the ledger knows of a client-month that is in no mart, in words."""
    row = connection.execute(
        read_sql(__file__, "never_published"),
        {"client": client_id, "month": month},
    ).fetchone()
    assert row is not None
    owed, standing, attempt = row
    return (
        f"{owed} of its days are owed, {standing} have an answer, "
        f"the last attempt: {attempt or 'never asked'}"
    )
