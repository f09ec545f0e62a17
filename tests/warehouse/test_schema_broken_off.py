"""A change of the schema that breaks off leaves nothing behind; of several, one is made."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import psycopg
import pytest
from databases import Warehouse
from schemas import FEWER_COLUMNS, ROUTINES, ChangedSchema, catalog

from orchestration.warehouse.migrations import migrate, migrate_to

HALF_DONE = """
import sys
from pathlib import Path
from factories import settings_of
from orchestration.warehouse.migrations import migrate_to
from orchestration.warehouse.schema.files import read_schema
url, home, schema = sys.argv[1:]
migrate_to(settings_of(warehouse_url=url, home=Path(home)), read_schema(Path(schema)))
"""


def test_an_error_in_the_middle_leaves_all_as_it_was(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    before = (catalog(warehouse.url), warehouse.rows(ROUTINES))
    changed.add_migration("create table ops.more (a integer);")
    changed.change("client_failures", *FEWER_COLUMNS)
    changed.file("pause_after").unlink()
    changed.change("recovery_log", "from ops.run_failures", "from ops.no_such_table")
    with pytest.raises(psycopg.errors.UndefinedTable):
        migrate_to(warehouse.settings(), changed.read())
    assert (catalog(warehouse.url), warehouse.rows(ROUTINES)) == before


def test_a_process_that_is_killed_in_the_middle_leaves_all_as_it_was(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    before = (catalog(warehouse.url), warehouse.rows(ROUTINES))
    changed.add_migration("create table ops.more (a integer);")
    changed.change("client_failures", *FEWER_COLUMNS)
    changed.file("owed_days").write_text(
        changed.file("owed_days").read_text() + "select pg_sleep(60);\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", HALF_DONE, warehouse.url, str(warehouse.home), str(changed.folder)],
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    sleeping = (
        "select pid from pg_stat_activity "
        "where wait_event = 'PgSleep' and datname = current_database()"
    )
    while not warehouse.rows(sleeping):
        assert process.poll() is None
        sleep(0.05)
    process.kill()
    process.wait()
    warehouse.rows(f"select pg_terminate_backend(pid, 10000) from ({sleeping}) as s")
    assert (catalog(warehouse.url), warehouse.rows(ROUTINES)) == before
    assert migrate(warehouse.settings()) == []


def test_several_that_start_at_once_apply_a_change_once(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.change("client_failures", *FEWER_COLUMNS)
    number = changed.add_migration("create table ops.more (a integer);")
    settings, schema = warehouse.settings(), changed.read()
    with ThreadPoolExecutor(4) as pool:
        done = [run for run in pool.map(lambda _: migrate_to(settings, schema), range(4)) if run]
    assert [[m.number for m in run] for run in done] == [[number]]
    # In the transaction that recorded the migration: who applied it again would have another.
    written = (
        "select xmin from ops.routines where name = 'ops.client_failures' union all "
        f"select xmin from ops.migrations where number = {number}"
    )
    assert warehouse.value(f"select count(distinct xmin::text) from ({written}) as w") == 1
