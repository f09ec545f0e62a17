"""What the tests of whole commands share: warehouses, dumps, the sandbox's own totals."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests
from databases import Warehouse, free_name, named
from parsed_projects import bring_parsed_project

from benchmarks import sandbox_truth
from benchmarks.chaos.promises import DISAGREEING
from benchmarks.sandbox_truth import Totals, truth
from orchestration.warehouse.embedded.server import EmbeddedServer

__all__ = ["truth"]
NOW = "2026-11-15T12:00:00+00:00"
DAY_BEFORE = "2026-11-14T12:00:00+00:00"
KEPT = ("staging", "published", "history")
"""Schemas whose rows a run that has nothing to do must not touch."""

OF_A_RUN = ("publication_id", "described_since")
"""Columns that differ between two runs that bring the same."""
DumpedTables = dict[str, set[str]]


class Place:
    """Where a module's warehouses are made, one after the other."""

    def __init__(self, server: EmbeddedServer, template: str) -> None:
        self._server = server
        self._template = template
        self._name = ""

    @contextmanager
    def warehouse(
        self, home: Path, environment: Mapping[str, str], *, like: str | None = None
    ) -> Iterator[Warehouse]:
        """A warehouse that is migrated and empty, or a copy of the saved one called `like`."""
        with self._admin() as connection:
            self._name = free_name(connection)
            connection.execute(f"create database {self._name} template {like or self._template}")
        url = named(self._server.ensure_running(), self._name)
        bring_parsed_project(url, home)
        yield Warehouse(url, home, dict(environment))
        self.forget(self._name)

    def save(self, name: str) -> None:
        """Keep a copy of the warehouse under this name."""
        with self._admin() as connection:
            connection.execute(f"drop database if exists {name} with (force)")
            connection.execute(f"create database {name} template {self._name}")

    def forget(self, name: str) -> None:
        """Drop a copy."""
        with self._admin() as connection:
            connection.execute(f"drop database if exists {name} with (force)")

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._server.ensure_running(), autocommit=True) as connection:
            yield connection


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
    return warehouse.rows(DISAGREEING)


def published(warehouse: Warehouse, mart: str, month: str) -> dict[str, Totals]:
    """The sums of a mart over a month, by client; nobody stands twice for a second currency."""
    return sandbox_truth.published(warehouse.rows, mart, month)


def set_fault(sandbox_url: str, **body: Any) -> None:
    """Turn the dial of the sandbox."""
    answer = requests.post(f"{sandbox_url}/sandbox/faults", json=body, timeout=20)
    assert answer.status_code == 201, answer.text


def clear_faults(sandbox_url: str) -> None:
    """Everything works again."""
    requests.delete(f"{sandbox_url}/sandbox/faults", timeout=20)
