"""What the ledger knows that can explain a difference, read with the marts in one snapshot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class DayFacts:
    """A day of the client.

    `stands`: received, empty, waived or none. `is_owed`: the client's days are collected then.
    `is_pending`: its month has data that are not published, `left_out` says why if a build judged
    them. `month_state` is None where the marts do not have the month.
    """

    date_day: date
    stands: str
    last_attempt: str | None
    last_reason: str | None
    received_at: datetime | None
    imported_from: str | None
    is_owed: bool
    is_pending: bool
    left_out: str | None
    month_state: str | None


@dataclass(frozen=True, kw_only=True)
class Restated:
    """A figure of the client's day that a later reading changed."""

    date_day: date
    metric: str
    before: Decimal
    after: Decimal | None
    age_days: int
    noted_at: datetime


@dataclass(frozen=True)
class Evidence:
    """All of it; `statuses` are those of campaigns as Meta last gave them."""

    days: Mapping[date, DayFacts]
    restated: Sequence[Restated]
    published_at: Mapping[int, datetime]
    statuses: Mapping[str, str]
    timezone_name: str

    def of(self, days: Collection[date]) -> list[DayFacts]:
        """The facts of these days."""
        return [self.days[day] for day in days]


def gather(
    connection: Connection, client_id: str, since: date, until: date, timezone_name: str
) -> Evidence:
    """The facts of the client's days."""
    about = {"client": client_id, "since": since, "until": until}
    with connection.cursor(row_factory=class_row(DayFacts)) as cursor:
        facts = cursor.execute(read_sql(__file__, "day_facts"), about).fetchall()
    with connection.cursor(row_factory=class_row(Restated)) as others:
        restated = others.execute(
            "select date_day, metric, before, after, age_days, noted_at from ops.restatements "
            "where client_id = %(client)s and date_day between %(since)s and %(until)s "
            "and before is not null order by restatement_id",
            about,
        ).fetchall()
    statuses = connection.execute(
        "select campaign_id, effective_status from marts.dim_campaigns "
        "where client_id = %(client)s and effective_status is not null",
        about,
    ).fetchall()
    at = connection.execute("select publication_id, published_at from ops.publications").fetchall()
    return Evidence(
        {each.date_day: each for each in facts}, restated, dict(at), dict(statuses), timezone_name
    )
