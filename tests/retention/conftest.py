"""A warehouse with a ledger of years, made once and copied for each test."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from databases import Warehouse, database, named
from worlds.years import FIRST, add_years

from orchestration.warehouse.embedded.server import EmbeddedServer


@pytest.fixture(scope="session")
def years_template(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database with two clients: one read for three years, one for one."""
    name = "template_years"
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    warehouse = Warehouse(named(url, name), tmp_path_factory.mktemp("years"))
    add_years(warehouse, acme=FIRST, borealis=date(2025, 11, 15))
    return name


@pytest.fixture
def years(server: EmbeddedServer, years_template: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A copy of it for one test."""
    with database(server, years_template) as url:
        yield Warehouse(url, tmp_path)
