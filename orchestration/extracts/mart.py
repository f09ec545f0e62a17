"""A mart as analysts read it, of some clients and days: its columns, its rows, how complete it is.

Rows of client-months bear how many of their days are owed and received, where the mart has no such
columns of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from orchestration.errors import UsageError
from orchestration.extracts.about import About
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

BATCH = 5000
"""How many rows are in memory at once."""
COMPLETENESS = ("days_owed", "days_received", "is_complete")
PERIODS = ("date_day", "month")
KEYS = (
    *("client_id", "client_group", "month", "date_day", "currency", "campaign_id", "ad_set_id"),
    *("ad_id", "level", "entity_id", "first_day", "conversion_family", "action_type"),
    *("attribution_window", "publication_id"),
)
"""Columns that tell rows apart, in the order in which rows are sorted."""


@dataclass(frozen=True)
class Wanted:
    """What is to be extracted: a mart, and if they are named the days and the clients."""

    mart: str
    since: date | None = None
    until: date | None = None
    clients: Sequence[str] = ()
    as_of: date | None = None

    @property
    def schema(self) -> str:
        """The schema that has it."""
        return "marts" if self.as_of is None else "marts_as_of"


@dataclass(frozen=True)
class Column:
    """A column and its type in Postgres; `scale` is the most decimal places of its numbers."""

    name: str
    type: str
    scale: int = 0


@dataclass(frozen=True)
class Mart:
    """A mart with its query: `about` and `columns` are what the rows of the same snapshot say."""

    columns: Sequence[Column]
    about: About
    _query: sql.Composed
    _values: dict[str, Any]

    def batches(self, connection: Connection) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows, some thousands at once, from a cursor of the server."""
        with connection.cursor("extract") as cursor:
            cursor.execute(self._query, self._values)
            while rows := cursor.fetchmany(BATCH):
                yield rows


def open_mart(connection: Connection, wanted: Wanted) -> Mart:
    """The mart, in the snapshot of the connection.

    Raises:
        UsageError: there is no such mart or client, or the mart has neither days nor clients.
    """
    own = _columns(connection, wanted)
    names = [column.name for column in own]
    period = next((name for name in PERIODS if name in names), None)
    _check(connection, wanted, names, period)
    has_states = "client_id" in names and period is not None
    added = [name for name in COMPLETENESS if has_states and name not in names]
    types = {"days_owed": "bigint", "days_received": "bigint", "is_complete": "boolean"}
    columns = [*own, *(Column(name, types[name]) for name in added)]
    values = {"since": wanted.since, "until": wanted.until, "clients": list(wanted.clients)}
    rows = _rows(wanted, period, added)
    measured, scales = _measure(connection, rows, values, columns)
    about = About(
        mart=wanted.mart,
        as_of=wanted.as_of,
        since=wanted.since,
        until=wanted.until,
        clients=wanted.clients,
        rows=measured["rows"],
        publications=measured["publications"] or [],
        incomplete=_incomplete(connection, wanted, values) if has_states else [],
    )
    order = sql.SQL(", ").join(sql.Identifier(name) for name in KEYS if name in names)
    query = sql.SQL("select * from ({}) as rows order by {}").format(rows, order)
    with_scales = [Column(each.name, each.type, scales.get(each.name, 0)) for each in columns]
    return Mart(with_scales, about, query, values)


def _columns(connection: Connection, wanted: Wanted) -> list[Column]:
    found = connection.execute(read_sql(__file__, "columns"), [wanted.schema]).fetchall()
    marts = sorted({mart for mart, *_ in found})
    if not marts:
        raise UsageError("Nothing is published yet: meta-ads run collects, builds and publishes.")
    if wanted.mart not in marts:
        raise UsageError(f"No mart {wanted.mart}: there are {', '.join(marts)}.")
    return [Column(name, of_type) for mart, name, of_type in found if mart == wanted.mart]


def _check(
    connection: Connection, wanted: Wanted, names: Sequence[str], period: str | None
) -> None:
    if period is None and (wanted.since or wanted.until):
        raise UsageError(f"{wanted.mart} is not by day or month: leave out the period.")
    if not wanted.clients:
        return
    if "client_id" not in names:
        raise UsageError(f"{wanted.mart} is not by client: leave out --client.")
    known = {
        row[0]
        for row in connection.execute(
            sql.SQL("select client_id from {}.dim_clients").format(sql.Identifier(wanted.schema))
        )
    }
    for client_id in wanted.clients:
        if client_id not in known:
            raise UsageError(f"No client {client_id}: there are {', '.join(sorted(known))}.")


def _rows(wanted: Wanted, period: str | None, added: Sequence[str]) -> sql.Composed:
    """The query of the rows: the mart's own columns, and those of completeness that it lacks."""
    schema = sql.Identifier(wanted.schema)
    conditions = [sql.SQL("true")]
    if period is not None:
        conditions.append(sql.SQL(read_sql(__file__, f"within_{period}")))
    if wanted.clients:
        conditions.append(sql.SQL("m.client_id = any(%(clients)s)"))
    columns = sql.SQL(", ").join(
        [sql.SQL("m.*"), *(sql.SQL("s.{}").format(sql.Identifier(name)) for name in added)]
    )
    states: sql.Composable = sql.SQL("")
    if added:
        states = sql.SQL(read_sql(__file__, "states")).format(
            schema=schema, period=sql.Identifier(period or "")
        )
    return sql.SQL("select {} from {}.{} as m {} where {}").format(
        columns, schema, sql.Identifier(wanted.mart), states, sql.SQL(" and ").join(conditions)
    )


def _measure(
    connection: Connection, rows: sql.Composed, values: dict[str, Any], columns: Sequence[Column]
) -> tuple[dict[str, Any], dict[str, int]]:
    """How many rows there are, of which publications, and how many decimal places they have."""
    numbers = [column.name for column in columns if column.type == "numeric"]
    wanted = [
        sql.SQL("count(*) as rows"),
        sql.SQL("array_agg(distinct publication_id) as publications")
        if "publication_id" in [column.name for column in columns]
        else sql.SQL("null::bigint[] as publications"),
        *(sql.SQL("max(scale({}))").format(sql.Identifier(name)) for name in numbers),
    ]
    with connection.cursor() as cursor:
        found = cursor.execute(
            sql.SQL("select {} from ({}) as rows").format(sql.SQL(", ").join(wanted), rows), values
        ).fetchone()
    assert found is not None
    count, publications, *scales = found
    named = sorted(each for each in publications or () if each is not None)
    return (
        {"rows": count, "publications": named},
        {name: scale or 0 for name, scale in zip(numbers, scales, strict=True)},
    )


def _incomplete(
    connection: Connection, wanted: Wanted, values: dict[str, Any]
) -> list[dict[str, Any]]:
    """The client-months of the extract that lack days, also those without any row."""
    query = sql.SQL(read_sql(__file__, "incomplete")).format(schema=sql.Identifier(wanted.schema))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
