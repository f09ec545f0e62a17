"""What the marts show of a client, now and in earlier publications."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from psycopg import sql
from psycopg.rows import dict_row

from orchestration.reconcile.figures import DAILY, Subject
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

MonthlyConversions = Mapping[tuple[str, date, str, str], tuple[Decimal, Decimal]]
"""Conversions and their value by campaign, month, family and attribution window."""


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """A row of a daily mart, as it stood from one publication until another ended it."""

    campaign_id: str
    campaign_name: str | None
    date_day: date
    publication_id: int
    ended: int | None
    null_reason: str | None
    figures: Mapping[str, Decimal | None]

    def stood_at(self, publication: int) -> bool:
        """Whether the publication showed this row."""
        return self.publication_id <= publication and (
            self.ended is None or self.ended > publication
        )


@dataclass
class Published:
    """The rows of the days that the export is about; `past` are those that later ones replaced."""

    now: Sequence[DayRow]
    past: Sequence[DayRow]
    _by_day: dict[date, dict[str, DayRow]] = field(default_factory=dict)
    _past_of: dict[str, list[DayRow]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.now:
            self._by_day.setdefault(row.date_day, {})[row.campaign_id] = row
        for row in self.past:
            self._past_of.setdefault(row.campaign_id, []).append(row)

    def rows_of(self, subject: Subject, days: Collection[date]) -> list[DayRow]:
        """The rows of a subject now."""
        return [
            row
            for day in days
            for each in subject.ids
            if (row := self._by_day.get(day, {}).get(each))
        ]

    def campaigns_on(self, days: Collection[date]) -> dict[str, str]:
        """The campaigns that have a row on one of the days, with their names."""
        return {
            row.campaign_id: row.campaign_name or ""
            for day in days
            for row in self._by_day.get(day, {}).values()
        }

    def amount(self, subject: Subject, days: Collection[date], metric: str) -> Decimal | None:
        """What the marts show; None where a row does not know it."""
        return _sum(self.rows_of(subject, days), metric)

    def earlier(
        self, subject: Subject, days: Collection[date], metric: str
    ) -> Iterator[tuple[int, int, Decimal]]:
        """Earlier amounts, latest first: the publication, the one that changed it, the amount."""
        past = [
            row
            for each in subject.ids
            for row in self._past_of.get(each, ())
            if row.date_day in days
        ]
        rows = [*past, *self.rows_of(subject, days)]
        turns = sorted(
            {row.publication_id for row in rows} | {row.ended for row in past if row.ended}
        )
        for before, after in reversed([*pairwise(turns)]):
            amount = _sum([row for row in rows if row.stood_at(before)], metric)
            if amount is not None:
                yield before, after, amount


def _sum(rows: Sequence[DayRow], metric: str) -> Decimal | None:
    amounts = [row.figures[metric] for row in rows]
    if None in amounts:
        return None
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def published_days(
    connection: Connection, client_id: str, since: date, until: date, *, of_account: bool
) -> Published:
    """The rows of the client's campaigns, or of its account."""
    query = sql.SQL(read_sql(__file__, "published_days")).format(
        mart=sql.Identifier(
            "daily_account_performance" if of_account else "daily_campaign_performance"
        ),
        campaign_id=sql.SQL("''" if of_account else "campaign_id"),
        campaign_name=sql.SQL("null" if of_account else "campaign_name"),
        figures=sql.SQL(", ").join(sql.SQL("{}::numeric").format(sql.Identifier(n)) for n in DAILY),
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(query, {"client": client_id, "since": since, "until": until})
        rows = [
            DayRow(
                figures={name: row.pop(name) for name in DAILY},
                **row,
            )
            for row in cursor
        ]
    return Published([r for r in rows if r.ended is None], [r for r in rows if r.ended])


def monthly_conversions(
    connection: Connection, client_id: str, since: date, until: date
) -> MonthlyConversions:
    """The conversions of all months that the days belong to."""
    rows = connection.execute(
        "select campaign_id, month, conversion_family, attribution_window, "
        "coalesce(conversions, 0)::numeric, coalesce(conversion_value, 0)::numeric "
        "from marts.monthly_conversion_metrics "
        "where client_id = %s and month between date_trunc('month', %s::date) and %s",
        [client_id, since, until],
    )
    return {(c, month, family, window): (n, value) for c, month, family, window, n, value in rows}
