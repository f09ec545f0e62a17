"""Warehouses of earlier programs come to the schema of this one without losing a row.

`schema_21.sql.gz` is a warehouse of the last program that had numbered migrations alone, made with
its code on Postgres 16: two clients of the sandbox (acme: act_1001 from 2026-10-30, bora: act_1004
from 2026-11-09), `meta-ads run` on 2026-11-14 and, with the fault `split` on two days of act_1001,
on 2026-11-15, then `alerts evaluate` and `refresh`. It was written by
`pg_dump --no-owner --no-privileges --no-unlogged-table-data`, without its lines `restrict`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from databases import Warehouse, database
from factories import write_clients
from schemas import catalog, make_old, restore_sql

from orchestration.errors import UsageError
from orchestration.transformation.mart_changes import mart_changes
from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate, migrations
from orchestration.warehouse.publications.verification import verify
from orchestration.warehouse.schema.files import BASELINE, shipped_schema

DUMP = Path(__file__).with_name("schema_21.sql.gz")
OURS = ("ops", "landing", "quarantine", "serving")
"""Schemas in which dbt makes nothing."""
CLIENTS = (
    "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2026-10-30",
    "client_id: bora, name: Bora, ad_account_id: act_1004, starts_on: 2026-11-09",
)
LOCKS = ("build", "dagster_records", "evaluation", "node")
EMPTY = "template1"
MARTS = "select viewname from pg_views where schemaname = 'marts'"

Contents = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def restored(server: EmbeddedServer) -> Iterator[str]:
    """The name of a database with the dump of schema 21, to be copied."""
    with database(server, EMPTY) as url:
        restore_sql(url, DUMP)
        yield url.rpartition("/")[2]


@pytest.fixture
def old(server: EmbeddedServer, restored: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse of schema 21 with data, of the test's own."""
    with database(server, restored) as url:
        yield Warehouse(url, tmp_path)


def columns(warehouse: Warehouse, names: list[str]) -> dict[str, str]:
    """The columns of each relation, as a list of SQL."""
    return {
        name: warehouse.value(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and not attisdropped",
            [name],
        )
        for name in names
    }


def contents(warehouse: Warehouse, names: dict[str, str]) -> Contents:
    """How many rows each relation has, and the sum of the hashes of these columns."""
    return {
        name: warehouse.rows(
            "select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) "
            f"from (select {listed} from {name}) as t"
        )[0]
        for name, listed in names.items()
    }


def tables(warehouse: Warehouse) -> list[str]:
    return [
        row[0]
        for row in warehouse.rows(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
        )
    ]


def test_the_dump_holds_what_a_warehouse_holds(old: Warehouse) -> None:
    held = contents(old, columns(old, tables(old)))
    for name in (
        "ops.receipts",
        "ops.publications",
        "ops.publication_manifest",
        "ops.alerts",
        "ops.restatements",
        "landing.insights",
        "staging.conversions",
        "quarantine.insights",
        "quarantine.violations",
        "published.daily_campaign_performance",
        "history.monthly_action_metrics",
        "serving.current_month_cache",
    ):
        assert held[name][0] > 0, name
    assert old.value("select max(number) from ops.migrations") == BASELINE - 1


def test_every_row_of_every_table_is_kept(old: Warehouse) -> None:
    # A migration may add columns: what was there before is compared.
    names = columns(old, tables(old))
    before = contents(old, names)
    marts = columns(old, [f"marts.{name}" for (name,) in old.rows(MARTS)])
    shown = contents(old, marts)
    migrated = old.rows("select * from ops.migrations where number < 22 order by 1")

    assert [m.number for m in migrate(old.settings())] == [
        m.number for m in migrations() if m.number != BASELINE
    ]

    after = contents(old, names)
    assert old.rows("select * from ops.migrations where number < 22 order by 1") == migrated
    locks = "select name from ops.locks order by 1"
    assert [name for (name,) in old.rows(locks)] == [*LOCKS, "publication"]
    for grows in ("ops.migrations", "ops.locks"):
        del before[grows], after[grows]
    assert after == before
    assert len(marts) >= 14
    assert contents(old, marts) == shown
    assert migrate(old.settings()) == []


def test_it_verifies_and_is_built_anew_with_the_same_numbers(old: Warehouse) -> None:
    migrate(old.settings())
    with connect(old.settings(), autocommit=True) as connection:
        verified = verify(connection)
        assert (verified.rows, verified.history) == ([], [])
    before = old.value("select sum(spend) from marts.monthly_client_summary")
    assert before > 0
    clients = write_clients(old.home / "clients.yml", *CLIENTS)
    old.environment = {"META_ADS_CLIENTS": str(clients), "META_ACCESS_TOKEN": "not-used-by-a-build"}
    latest = old.value("select max(build_id) from ops.builds")
    built = old.run_within(900, "build", "--full-refresh")
    # Its summary reminds of the refused days.
    states = old.rows("select state from ops.builds where build_id > %s", [latest])
    assert states in ([("published",)], [("unchanged",)]), built.stderr + built.stdout
    assert old.value("select sum(spend) from marts.monthly_client_summary") == before
    with connect(old.settings()) as connection:
        assert mart_changes(connection) == []
    verified_again = old.run("publications", "verify")
    assert verified_again.returncode == 0, verified_again.stderr + verified_again.stdout


def test_readers_hear_what_changes_before_anything_does(old: Warehouse) -> None:
    before = old.value("select count(*) from ops.migrations")
    # As if an earlier release had called a column otherwise, and had had one mart more.
    old.execute("alter view marts.dim_clients rename column currency to money")
    old.execute("create view marts.yearly_reach as select 1 as reach")
    with connect(old.settings()) as connection:
        expected = mart_changes(connection)
    about = dict(line.split(maxsplit=1) for line in expected)
    assert about["marts.yearly_reach"] == "goes"
    assert about["marts.dim_clients:"].endswith("; gone: money")
    assert "currency" in about["marts.dim_clients:"]
    assert about["marts.monthly_client_summary:"].startswith("new: ")
    said = old.run("publications", "list").stderr
    assert "This release changes what readers see, with the next build:" in said
    for line in expected:
        assert f"  {line}\n" in said
    assert old.value("select count(*) from ops.migrations") > before
    assert "This release" not in old.run("publications", "list").stderr


def test_its_catalog_is_that_of_a_new_warehouse(old: Warehouse, warehouse: Warehouse) -> None:
    migrate(old.settings())
    assert catalog(old.url, *OURS) == catalog(warehouse.url, *OURS)


def test_several_that_start_at_once_take_it_up_once(old: Warehouse) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(old.settings()), range(4)))
    recorded = dict(old.rows("select name, checksum from ops.routines"))
    assert recorded == shipped_schema().applied_again
    # In the transaction that recorded the baseline: whoever applied them again would have another.
    written = (
        "select xmin from ops.routines union all "
        f"select xmin from ops.migrations where number = {BASELINE}"
    )
    assert old.value(f"select count(distinct xmin::text) from ({written}) as w") == 1


@pytest.fixture
def nothing(server: EmbeddedServer, tmp_path: Path) -> Iterator[Warehouse]:
    """A database without anything in it."""
    with database(server, EMPTY) as url:
        yield Warehouse(url, tmp_path)


@pytest.mark.parametrize("newest", [1, 9, 13, 20, 21])
def test_a_warehouse_of_any_old_schema_comes_to_the_same_catalog(
    newest: int, nothing: Warehouse, warehouse: Warehouse
) -> None:
    make_old(nothing.url, newest)
    done = [m.number for m in migrate(nothing.settings())]
    expected = [*range(newest + 1, BASELINE), *(m.number for m in migrations()[1:])]
    assert done == expected
    assert catalog(nothing.url) == catalog(warehouse.url)
    assert migrate(nothing.settings()) == []


def test_the_rows_of_an_old_warehouse_come_along(nothing: Warehouse) -> None:
    make_old(nothing.url, 13)
    nothing.execute(
        "insert into ops.clients (client_id, name, ad_account_id, status, expects_conversions, "
        "levels, owed_since, timezone_name) "
        "values ('acme', 'Acme', 'act_1', 'active', true, '{campaign}', '2026-11-10', 'UTC')"
    )
    nothing.execute(
        "insert into ops.slice_state (client_id, level, date_day, state, last_attempt, "
        "last_attempt_at) values ('acme', 'campaign', '2026-11-10', 'received', 'received', now())"
    )
    nothing.execute(
        "insert into ops.definitions values (%s, 'of a view')",
        [f'"{nothing.url.rpartition("/")[2]}"."marts"."dim_clients"'],
    )
    migrate(nothing.settings())
    assert nothing.rows("select client_id, account_since from ops.clients") == [("acme", None)]
    assert nothing.rows("select relation from ops.definitions") == [('"marts"."dim_clients"',)]
    missing = nothing.rows("select date_day::text from ops.missing_days order by 1")
    assert [day for (day,) in missing] == ["2026-11-11", "2026-11-12", "2026-11-13", "2026-11-14"]
    assert nothing.rows("select why from ops.owed_days group by 1 order by 1") == [
        ("never collected",),
        ("restatement",),
    ]


def test_an_old_migration_that_was_edited_is_refused(old: Warehouse) -> None:
    old.execute("update ops.migrations set checksum = 'other' where number = 2")
    with pytest.raises(UsageError, match="Migration 2 "):
        migrate(old.settings())
    with pytest.raises(psycopg.errors.UndefinedTable):
        old.rows("select * from ops.routines")
