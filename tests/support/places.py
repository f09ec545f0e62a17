"""What the tests of whole commands share: warehouses, dumps, the sandbox's own totals.

All databases bear one name in turn: the connection is then the same for dbt, which would parse the
whole project anew for any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import requests
from databases import Warehouse
from parsed_projects import bring_parsed_project

from orchestration.warehouse.embedded.server import EmbeddedServer

NOW = "2026-11-15T12:00:00+00:00"
DAY_BEFORE = "2026-11-14T12:00:00+00:00"
DATABASE = "end_to_end"
KEPT = ("staging", "published", "history")
"""Schemas whose rows a run that has nothing to do must not touch."""

OF_A_RUN = ("publication_id", "described_since")
"""Columns that differ between two runs that bring the same."""
DumpedTables = dict[str, set[str]]


class Place:
    """Where a module's warehouses are made, one after the other under one name."""

    def __init__(self, server: EmbeddedServer, template: str) -> None:
        self._server = server
        self._template = template

    @contextmanager
    def warehouse(
        self, home: Path, environment: Mapping[str, str], *, like: str | None = None
    ) -> Iterator[Warehouse]:
        """A warehouse that is migrated and empty, or a copy of the saved one called `like`."""
        bring_parsed_project(self._url(DATABASE), home)
        with self._admin() as connection:
            connection.execute(f"drop database if exists {DATABASE} with (force)")
            connection.execute(f"create database {DATABASE} template {like or self._template}")
        yield Warehouse(self._url(DATABASE), home, dict(environment))
        with self._admin() as connection:
            connection.execute(f"drop database if exists {DATABASE} with (force)")

    def save(self, name: str) -> None:
        """Keep a copy of the warehouse under this name."""
        with self._admin() as connection:
            connection.execute(f"drop database if exists {name} with (force)")
            connection.execute(f"create database {name} template {DATABASE}")

    def forget(self, name: str) -> None:
        """Drop a copy."""
        with self._admin() as connection:
            connection.execute(f"drop database if exists {name} with (force)")

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._server.ensure_running(), autocommit=True) as connection:
            yield connection

    def _url(self, name: str) -> str:
        return f"{self._server.ensure_running().rpartition('/')[0]}/{name}"


def tables(warehouse: Warehouse, *schemas: str) -> list[str]:
    """The tables of these schemas, all of the project's without any."""
    found = warehouse.rows(
        "select schemaname || '.' || tablename from pg_tables "
        "where case when %(schemas)s::text[] = '{}' "
        "then schemaname not in ('pg_catalog', 'information_schema') "
        "else schemaname = any(%(schemas)s) end order by 1",
        {"schemas": list(schemas)},
    )
    return [row[0] for row in found]


def dump(warehouse: Warehouse, *names: str, without: Sequence[str] = OF_A_RUN) -> DumpedTables:
    """The contents of tables or views as sets of JSON texts, without some columns."""
    return {
        name: {
            row[0]
            for row in warehouse.rows(
                f"select (to_jsonb(t) - %s::text[])::text from {name} as t", [list(without)]
            )
        }
        for name in names
    }


def dump_all(warehouse: Warehouse) -> DumpedTables:
    """What a run that has nothing to do leaves as it is, with the numbers of publications."""
    names = [*tables(warehouse, *KEPT), "ops.publications", "ops.publication_manifest"]
    return dump(warehouse, *names, without=())


def dump_marts(warehouse: Warehouse) -> DumpedTables:
    """What analysts read, whichever publication brought it."""
    marts = warehouse.rows(
        "select 'marts.' || viewname from pg_views where schemaname = 'marts' "
        "and viewname <> 'publications' order by 1"
    )
    return dump(warehouse, *(row[0] for row in marts))


def receipts_that_disagree(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Slices whose state, last good receipt and rows in staging do not say the same."""
    found: list[tuple[Any, ...]] = warehouse.rows(
        """
        with staged as (
            select client_id, level, date_day, count(*) as row_count
            from staging.insights group by client_id, level, date_day
            union all
            select client_id, 'account', date_day, count(*)
            from staging.control_totals group by client_id, date_day
        ),
        received as (
            select distinct on (client_id, level, date_day) client_id, level, date_day,
                state, row_count
            from ops.receipts where state in ('received', 'empty', 'waived')
            order by client_id, level, date_day, receipt_id desc
        )
        select client_id, level, date_day, s.state, s.row_count, r.state, r.row_count, t.row_count
        from (select * from ops.slice_state where state <> 'none') as s
        full join received as r using (client_id, level, date_day)
        full join staged as t using (client_id, level, date_day)
        where s.state is distinct from r.state or s.row_count is distinct from r.row_count
            or s.row_count is distinct from coalesce(t.row_count, 0)
        """
    )
    return found


def truth(sandbox_url: str, account_id: str, since: str, until: str) -> dict[str, Any]:
    """The sandbox's own totals of an account, as numbers, under the names of the marts."""
    query = {"account": account_id, "since": since, "until": until}
    answer = requests.get(f"{sandbox_url}/sandbox/truth", params=query, timeout=30).json()
    actions = answer["actions"]
    nothing: dict[str, Any] = {"count": 0, "value": "0"}
    purchase = actions.get("omni_purchase") or actions.get("purchase") or nothing
    return {
        "currency": answer["currency"],
        "spend": Decimal(answer["spend"]),
        "impressions": answer["impressions"],
        "clicks": answer["clicks"],
        "link_clicks": answer["link_clicks"],
        "purchases": Decimal(purchase["count"]),
        "purchase_value": Decimal(purchase["value"]),
        "leads": Decimal(actions.get("lead", nothing)["count"]),
    }


FIGURES = (
    "currency, sum(spend), sum(impressions), sum(clicks), sum(link_clicks), "
    "sum(purchases), sum(purchase_value), sum(leads)"
)
FIGURE_NAMES = (
    "currency",
    "spend",
    "impressions",
    "clicks",
    "link_clicks",
    "purchases",
    "purchase_value",
    "leads",
)


def published(warehouse: Warehouse, mart: str, month: str) -> dict[str, dict[str, Any]]:
    """The sums of a mart over a month, by client; nobody stands twice for a second currency."""
    period = "date_trunc('month', date_day)" if mart.startswith("daily") else "month"
    found = warehouse.rows(
        f"select client_id, {FIGURES} from marts.{mart} where {period} = %s::date "
        "group by client_id, currency",
        [month],
    )
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: dict(zip(FIGURE_NAMES, row[1:], strict=True)) for row in found}


def set_fault(sandbox_url: str, **body: Any) -> None:
    """Turn the dial of the sandbox."""
    answer = requests.post(f"{sandbox_url}/sandbox/faults", json=body, timeout=20)
    assert answer.status_code == 201, answer.text


def clear_faults(sandbox_url: str) -> None:
    """Everything works again."""
    requests.delete(f"{sandbox_url}/sandbox/faults", timeout=20)
