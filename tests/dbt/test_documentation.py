"""Everything in the dbt project says what it is, and what it says is what the database has."""

from datetime import date
from typing import Any

import orjson
import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, purchases, put_month

SOURCES_WITH_AN_AGE = {"insights", "conversions", "control_totals", "receipts"}
OWED = days(date(2026, 11, 1), date(2026, 11, 14))


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    """Holds what was parsed, for all tests of the module."""
    return []


@pytest.fixture
def manifest(dbt: Dbt, manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """The project as dbt reads it."""
    if not manifests:
        assert dbt("parse").exit_code == 0
        manifests.append(orjson.loads((dbt.target / "manifest.json").read_bytes()))
    return manifests[0]


@pytest.fixture
def consistent(warehouse: Warehouse, dbt: Dbt, once: Once) -> None:
    """Two clients, every owed day received, published."""

    def make() -> None:
        for client_id in ("acme", "borealis"):
            add_client(warehouse, client_id)
            put_month(warehouse, client_id, OWED, campaign("c1", **purchases(2)))
        assert dbt.build().exit_code == 0

    once("documentation_consistent", make)


def relations(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Models, seeds and source tables."""
    nodes = manifest["nodes"].values()
    own = [node for node in nodes if node["resource_type"] in ("model", "seed")]
    return own + list(manifest["sources"].values())


def documented(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """The documented columns of each relation, in their order."""
    return {
        f"{node['schema']}.{node.get('identifier') or node['alias']}": list(node["columns"])
        for node in relations(manifest)
        if node["config"].get("materialized") != "publication"
    }


def test_every_relation_and_every_column_has_a_description(manifest: dict[str, Any]) -> None:
    without = [
        f"{node['name']}.{column['name']}" if column else node["name"]
        for node in relations(manifest)
        for column in (None, *node["columns"].values())
        if not (column or node)["description"].strip()
    ]
    assert without == []


def test_every_exposure_and_every_source_has_a_description(manifest: dict[str, Any]) -> None:
    described = [
        *(exposure["description"] for exposure in manifest["exposures"].values()),
        *(table["source_description"] for table in manifest["sources"].values()),
    ]
    assert len(manifest["exposures"]) == 3
    assert all(text.strip() for text in described)


def test_the_documented_columns_are_those_of_the_database(
    warehouse: Warehouse, manifest: dict[str, Any]
) -> None:
    found: dict[str, list[str]] = {}
    for relation, column in warehouse.rows(
        "select n.nspname || '.' || c.relname, a.attname from pg_attribute as a "
        "join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped "
        "order by a.attrelid, a.attnum"
    ):
        found.setdefault(relation, []).append(column)
    told = documented(manifest)
    assert set(told) <= set(found)
    different = {
        relation: set(columns) ^ set(found[relation])
        for relation, columns in told.items()
        if set(columns) != set(found[relation])
    }
    assert different == {}


def test_every_relation_that_a_build_makes_is_documented(
    warehouse: Warehouse, manifest: dict[str, Any]
) -> None:
    made = {
        relation
        for (relation,) in warehouse.rows(
            "select schemaname || '.' || relname from ("
            "select schemaname, tablename as relname from pg_tables union all "
            "select schemaname, viewname from pg_views) as relations "
            "where schemaname in ('intermediate', 'candidate', 'audit', 'published', 'marts')"
        )
    }
    assert made - set(documented(manifest)) == set()


def test_analysts_read_the_descriptions_in_the_database(
    warehouse: Warehouse, manifest: dict[str, Any]
) -> None:
    comments = dict(
        warehouse.rows(
            "select c.relname || '.' || a.attname, col_description(c.oid, a.attnum) "
            "from pg_attribute as a join pg_class as c on c.oid = a.attrelid "
            "where c.relnamespace = 'marts'::regnamespace and a.attnum > 0"
        )
    )
    told = {
        f"{node['name']}.{column['name']}": column["description"]
        for node in relations(manifest)
        if node["schema"] == "marts"
        for column in node["columns"].values()
    }
    assert told
    assert comments == told


def test_the_docs_can_be_generated(dbt: Dbt, consistent: None) -> None:
    assert dbt("docs", "generate").exit_code == 0
    catalog = orjson.loads((dbt.target / "catalog.json").read_bytes())
    assert catalog["errors"] is None
    assert "model.meta_ads_warehouse.monthly_client_summary" in catalog["nodes"]


def test_the_tests_can_be_run_alone(dbt: Dbt, consistent: None) -> None:
    ended = dbt("test")
    assert ended.those("fail", "error", "skipped", "warn") == set()
    assert ended.exit_code == 0


def test_an_empty_warehouse_builds_and_passes_every_test(dbt: Dbt) -> None:
    # Unit tests bring their own rows: they are run above.
    ended = dbt("build", "--exclude-resource-type", "unit_test")
    assert ended.those("fail", "error", "skipped", "warn") == set()
    assert ended.exit_code == 0


def test_sources_that_were_just_confirmed_are_fresh(
    warehouse: Warehouse, dbt: Dbt, consistent: None
) -> None:
    confirm(warehouse, "0 hours")
    ended = dbt("source", "freshness")
    assert ended.those("pass") == SOURCES_WITH_AN_AGE
    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("age", "status", "exit_code"), [("27 hours", "warn", 0), ("51 hours", "error", 1)]
)
def test_sources_that_nobody_confirmed_are_stale(
    warehouse: Warehouse, dbt: Dbt, consistent: None, age: Any, status: Any, exit_code: Any
) -> None:
    confirm(warehouse, age)
    ended = dbt("source", "freshness")
    assert ended.those(status) == SOURCES_WITH_AN_AGE
    assert ended.exit_code == exit_code


def confirm(warehouse: Warehouse, age: str) -> None:
    """Every slice was confirmed so long ago, with a receipt."""
    warehouse.execute("update ops.slice_state set confirmed_at = now() - %s::interval", [age])
    warehouse.execute(
        "insert into ops.receipts (client_id, level, date_day, state, received_at) "
        "select client_id, level, date_day, state, confirmed_at from ops.slice_state"
    )
