"""A restored copy of the warehouse, and a project whose marts changed, go on building."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Warehouse, new_server
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, put_day, put_month

from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.binaries import installed_binaries
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.publications.rollback import roll_back
from orchestration.warehouse.publications.verification import verify

MONTH = date(2026, 11, 1)
SPEND = "select spend from marts.monthly_client_summary where client_id = 'acme'"
FINDING = "select count(*) from audit.audit_findings where month = '2026-10-01'"
COPY = "restored_elsewhere"


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """One client with three days, published, and a finding."""

    def make() -> None:
        add_client(warehouse, "acme")
        put_month(warehouse, "acme", days(MONTH, date(2026, 11, 3)), campaign("c1"))
        assert dbt.build().exit_code == 0
        warehouse.execute(
            'insert into audit.audit_findings (client_id, month, "check", severity, detail) '
            "values ('acme', '2026-10-01', 'gap', 'warning', 'of a month that is not in hand')"
        )

    once("restored_published", make)
    return warehouse


@pytest.fixture(scope="module")
def other_server() -> Iterator[EmbeddedServer]:
    """A server that has none of the roles."""
    with new_server() as other:
        yield other


def restored(published: Warehouse, url: str, home: Path, *options: str) -> Any:
    """The warehouse as pg_dump and pg_restore bring it to a new database."""
    programs = installed_binaries()
    dump = home / "warehouse.dump"
    subprocess.run(
        [programs.program("pg_dump"), "--format=custom", f"--file={dump}", published.url],
        check=True,
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {COPY} with (force)")
        connection.execute(f"create database {COPY}")
    copy = f"{url.rpartition('/')[0]}/{COPY}"
    # What belongs to roles that are not there is left to whoever restores.
    subprocess.run(
        [programs.program("pg_restore"), *options, f"--dbname={copy}", dump], check=False
    )
    return replace(published, url=copy)


def goes_on(warehouse: Warehouse, dbt: Dbt) -> None:
    """It builds, publishes, verifies and rolls back."""
    migrate(warehouse.settings())
    dbt = replace(dbt, warehouse=warehouse)
    first = warehouse.value("select max(publication_id) from ops.publications")
    put_day(warehouse, "acme", MONTH, campaign("c1", spend=99))
    ended = dbt.build_with_views()
    assert ended.exit_code == 0, ended
    assert warehouse.value(SPEND) == 99 + 2 * 10
    assert warehouse.value(FINDING) == 1
    with connect(warehouse.settings(), autocommit=True) as connection:
        verified = verify(connection)
        assert (verified.rows, verified.history) == ([], [])
        roll_back(connection, first, (), "a test", ())
    assert warehouse.value(SPEND) == 30


@pytest.mark.parametrize("options", [(), ("--no-owner", "--no-privileges")])
def test_a_copy_under_another_name_goes_on(
    options: tuple[str, ...], published: Warehouse, dbt: Dbt, server: EmbeddedServer, tmp_path: Path
) -> None:
    goes_on(restored(published, server.ensure_running(), tmp_path, *options), dbt)


def test_a_copy_on_a_server_without_the_roles_goes_on(
    published: Warehouse, dbt: Dbt, other_server: EmbeddedServer, tmp_path: Path
) -> None:
    copy = restored(published, other_server.ensure_running(), tmp_path)
    goes_on(copy, dbt)
    assert copy.value("select has_table_privilege('analyst', 'marts.dim_clients', 'select')")


@pytest.fixture
def changed_project(dbt: Dbt, tmp_path: Path) -> Any:
    """dbt with a project of which a test may change files."""
    return dbt.over_a_copy(tmp_path)


def change(dbt: Dbt, mart: str, old: str, new: str) -> None:
    (path,) = (dbt.project / "models" / "marts").rglob(f"{mart}.sql")
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def without_column(dbt: Dbt) -> None:
    """`dim_clients` loses its column `first_month`, in its SQL and in its contract."""
    change(dbt, "dim_clients", "        m.first_month,\n", "")
    contract = dbt.project / "models" / "marts" / "dimensions" / "dim_clients.yml"
    lines = contract.read_text("utf-8").splitlines(keepends=True)
    contract.write_text("".join(x for x in lines if "name: first_month" not in x), "utf-8")


def test_a_description_that_changed_is_written_and_the_view_is_left_alone(
    published: Warehouse, changed_project: Any
) -> None:
    comment = "select col_description('{}.dim_clients'::regclass, attnum) from pg_attribute "
    comment += "where attrelid = '{}.dim_clients'::regclass and attname = 'first_month'"
    view = "select xmin from pg_rewrite where ev_class = 'marts.dim_clients'::regclass"
    before = published.value(view)
    path = changed_project.project / "models" / "marts" / "dimensions" / "dim_clients.yml"
    text, old, new = path.read_text("utf-8"), "The first month that is published;", "Other words;"
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert replace(changed_project, warehouse=published).build_with_views().exit_code == 0
    for schema in ("marts", "marts_as_of"):
        assert published.value(comment.format(schema, schema)).startswith(new)
    assert published.value(view) == before


def test_a_mart_that_changed_is_replaced_in_a_copy_under_another_name(
    published: Warehouse, changed_project: Any, server: EmbeddedServer, tmp_path: Path
) -> None:
    copy = restored(published, server.ensure_running(), tmp_path)
    migrate(copy.settings())
    copy.execute("create schema own")
    copy.execute("create view own.clients as select client_id, first_month from marts.dim_clients")
    dbt = replace(changed_project, warehouse=copy)
    for mart in ("dim_clients", "client_month_states"):
        change(dbt, mart, "final as (", "-- A comment.\nfinal as (")
    assert dbt.build_with_views().exit_code == 0

    without_column(dbt)
    refused = dbt.build_with_views()
    assert "own.clients" in refused.messages["dim_clients"]
    assert copy.rows("select client_id from own.clients") == [("acme",)]

    copy.execute("drop view own.clients")
    assert dbt.build_with_views().exit_code == 0
    columns = "select column_name from information_schema.columns where table_name = 'dim_clients'"
    assert "first_month" not in {name for (name,) in copy.rows(columns)}
