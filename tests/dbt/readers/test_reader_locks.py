"""A reader holds no lock that stops others, and has bounds of time, memory and sessions."""

import time

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import campaign, put_day
from logins import login
from three_days import FIRST

from orchestration.transformation.results import BuildResult
from orchestration.warehouse.connection import connect, lock_holders
from orchestration.warehouse.migrations import migrate


def test_an_analyst_holds_every_advisory_lock_and_stops_nobody(
    published: Warehouse, dbt: Dbt
) -> None:
    keys = range(7_305_000, 7_305_020)
    with login(published, "analyst") as connection:
        for key in keys:
            connection.execute("select pg_advisory_lock(%s)", [key])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select ops.take_lock('build')")
        put_day(published, "acme", FIRST, campaign("c1", spend=11), totals={"spend": 11})
        began = time.monotonic()
        assert dbt.build().exit_code == 0
        done = published.run("alerts", "evaluate", META_ADS_LOCK_WAIT="20")
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - began < 60
    assert published.value("select spend from marts.monthly_client_summary") == 11


def test_a_lock_that_is_not_let_go_ends_the_wait_and_names_its_holder(published: Warehouse) -> None:
    with psycopg.connect(published.url, application_name="a forgotten window") as holder:
        holder.execute("select ops.take_lock('evaluation')")
        pid = holder.info.backend_pid
        done = published.run("alerts", "evaluate", META_ADS_LOCK_WAIT="1.5")
        assert done.returncode == 3
        assert f"Held by pid {pid} (meta_ads, a forgotten window" in done.stderr
        assert "idle in transaction" in done.stderr
        assert "pg_terminate_backend" in done.stderr


def test_a_build_that_waits_in_vain_names_who_holds_the_lock(
    published: Warehouse, dbt: Dbt
) -> None:
    put_day(published, "acme", FIRST, campaign("c1", spend=12), totals={"spend": 12})
    dbt.options = {"lock_wait_seconds": 1}
    with psycopg.connect(published.url, application_name="a forgotten window") as holder:
        holder.execute("lock table ops.client_months in access exclusive mode")
        ended = dbt.build()
        time.sleep(1)
        result = BuildResult({n: ended.messages[n] for n in ended.those("error")}, {})
        assert result.waited_for_a_lock
        assert result.may_pass_later
        told = result.with_holders(lock_holders(published.settings())).errors
    assert all("Held by pid" in text and "a forgotten window" in text for text in told.values())


def test_readers_have_bounds_that_follow_the_settings(published: Warehouse) -> None:
    migrate(
        published.settings(
            analyst_connections=2, analyst_statement_seconds=1, analyst_idle_seconds=1
        )
    )
    try:
        with login(published, "analyst") as one, login(published, "analyst") as idle:
            with pytest.raises(psycopg.OperationalError, match="too many connections"):
                login(published, "analyst").__enter__()
            with pytest.raises(psycopg.errors.QueryCanceled):
                one.execute("select pg_sleep(30)")
            idle.execute("begin; select 1 from marts.dim_clients")
            time.sleep(1.5)
            with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
                idle.execute("select 1")
        for statement in (
            "create temporary table t (id integer)",
            "select lo_creat(-1)",
            "select lo_from_bytea(0, 'x')",
        ):
            with login(published, "analyst") as connection:
                connection.execute("set default_transaction_read_only = off")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())
    finally:
        migrate(published.settings())
    with connect(published.settings()) as connection:
        found = connection.execute(
            "select rolconnlimit from pg_roles where rolname in ('analyst', 'marts_reader')"
        ).fetchall()
        assert found == [(40,), (40,)]
