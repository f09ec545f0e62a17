"""Warehouses of earlier schemas, what a catalog holds, and schemas that a test may change."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
from databases import Warehouse

from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.binaries import installed_binaries
from orchestration.warehouse.schema.apply import apply_changes
from orchestration.warehouse.schema.files import FOLDER, Schema, read_schema, shipped_schema

MIGRATIONS_OF_BEFORE = """
create schema ops;
create table ops.migrations (
    number integer primary key, name text not null, checksum text not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""

FIRST_WITH_ROLES = 10
ROUTINES = "select name, checksum from ops.routines"
FEWER_COLUMNS = ("    l.error, l.reason, l.failed_at,\n", "    l.error, l.failed_at,\n")
"""What a test takes from `client_failures` so that the view has to be dropped."""


def make_old(url: str, newest: int) -> None:
    """Make what earlier programs made: the old migrations up to a number, and the roles."""
    with psycopg.connect(url) as connection:
        connection.execute(MIGRATIONS_OF_BEFORE)
        for migration in shipped_schema().old_migrations[:newest]:
            connection.execute(migration.sql.encode())
            connection.execute(
                "insert into ops.migrations (number, name, checksum) values (%s, %s, %s)",
                [migration.number, migration.name, migration.checksum],
            )
        if newest >= FIRST_WITH_ROLES:
            values = "values ('analyst_connections', '20'), ('analyst_statement_seconds', '1800'), "
            connection.execute(f"insert into ops.settings {values} ('analyst_idle_seconds', '600')")
            connection.execute("select ops.ensure_roles('')")


def restore_sql(url: str, dump: Path) -> None:
    """Run a dump in plain SQL, compressed by gzip."""
    subprocess.run(
        [
            installed_binaries().program("psql"),
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            url,
        ],
        input=gzip.decompress(dump.read_bytes()),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def catalog(url: str, *schemas: str) -> list[str]:
    """All objects of a database with their owners, rights and comments, each as SQL, sorted.

    What Dagster makes in its own schema is left out.
    """
    options = [f"--schema={name}" for name in schemas] + ["--exclude-table=dagster_records.*"]
    done = subprocess.run(
        [installed_binaries().program("pg_dump"), "--schema-only", *options, url],
        capture_output=True,
        text=True,
        check=True,
    )
    # The words after \\restrict are another one in each dump.
    entries = re.split(r"^--\n-- (?=.*; Type: )", done.stdout, flags=re.MULTILINE)[1:]
    assert entries, done.stdout
    return sorted(_without_order(entry) for entry in entries)


def _without_order(entry: str) -> str:
    """Rights are listed in the order in which they were first given."""
    lines = [line for line in entry.splitlines() if line and not line.startswith(("--", "\\"))]
    if any(line.startswith(("GRANT ", "REVOKE ")) for line in lines):
        lines = [lines[0], *sorted(lines[1:])]
    return "\n".join(lines)


class ChangedSchema:
    """A copy of the schema of this program, of which a test changes files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "schema"
        shutil.copytree(FOLDER, self.folder)

    def read(self) -> Schema:
        """The schema as it is now."""
        return read_schema(self.folder)

    def file(self, name: str) -> Path:
        """The only file of that name."""
        (found,) = self.folder.glob(f"**/{name}.sql")
        return found

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a part of the file of that name."""
        file = self.file(name)
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def add(self, path: str, text: str) -> None:
        """Write a file of its own."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def add_migration(self, text: str) -> int:
        """Add a migration after the newest one; returns its number."""
        number = self.read().migrations[-1].number + 1
        self.add(f"tables/{number:04}_of_a_test.sql", text)
        return number


def applied(warehouse: Warehouse, schema: Schema) -> list[str]:
    """Names of the routines that were made or dropped."""
    with connect(warehouse.settings()) as connection:
        recorded = dict(connection.execute(ROUTINES).fetchall())
        return apply_changes(connection, schema, recorded)


def exists(warehouse: Warehouse, name: str) -> bool:
    """Whether there is such a table or view."""
    return bool(warehouse.value("select to_regclass(%s) is not null", [name]))


def columns(warehouse: Warehouse, view: str) -> set[str]:
    """The names of its columns."""
    query = "select column_name from information_schema.columns where table_name = %s"
    return {row[0] for row in warehouse.rows(query, [view])}
