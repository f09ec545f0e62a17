"""Migrations: once each, in order, safe for two processes at once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import yaml
from databases import Warehouse
from factories import settings_of

from orchestration.errors import UsageError
from orchestration.quality.tolerance import TOLERANCE_SHARE, VALUE_SHARE
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate, migrations

PROJECT = Path(__file__).parents[2] / "dbt_project" / "dbt_project.yml"


def test_two_that_start_at_once_run_each_migration_once(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    url = server.ensure_running()
    name = f"empty_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    settings = settings_of(warehouse_url=f"{url.rpartition('/')[0]}/{name}", home=tmp_path)
    with ThreadPoolExecutor(4) as pool:
        done = [run for run in pool.map(lambda _: migrate(settings), range(4)) if run]
    assert [[m.number for m in run] for run in done] == [[m.number for m in migrations()]]


def test_a_second_start_has_nothing_to_do(warehouse: Warehouse) -> None:
    assert migrate(warehouse.settings()) == []


def test_an_edited_migration_is_refused(warehouse: Warehouse) -> None:
    warehouse.execute("update ops.migrations set checksum = 'other' where number = 22")
    with pytest.raises(UsageError, match="Migration 22"):
        migrate(warehouse.settings())


def test_a_newer_warehouse_is_refused_with_the_remedy(warehouse: Warehouse) -> None:
    warehouse.execute("insert into ops.migrations values (9999, 'later', 'x')")
    with pytest.raises(UsageError, match="upgrade meta-ads-warehouse"):
        migrate(warehouse.settings())


def test_settings_that_sql_reads_follow_the_environment(warehouse: Warehouse) -> None:
    migrate(warehouse.settings(due_hour=7, lookback_days=14))
    found = dict(warehouse.rows("select name, value from ops.settings"))
    wanted = {"due_hour": "7", "lookback_days": "14", "deep_months": "3"}
    assert wanted.items() <= found.items()


def test_dbt_asks_for_the_newest_migration() -> None:
    variables = yaml.safe_load(PROJECT.read_text("utf-8"))["vars"]
    assert variables["schema_version"] == migrations()[-1].number


def test_the_audits_allow_what_the_gate_allows() -> None:
    variables = yaml.safe_load(PROJECT.read_text("utf-8"))["vars"]
    assert Decimal(str(variables["tolerance_share"])) == TOLERANCE_SHARE
    assert Decimal(str(variables["value_tolerance_share"])) == VALUE_SHARE
