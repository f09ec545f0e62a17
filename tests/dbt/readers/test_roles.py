"""Each role can do its own work and nothing else; all of it through real logins."""

from pathlib import Path

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import campaign, put_day, settings_of, write_clients
from logins import PASSWORD, login, url_of
from servers import serving
from three_days import FIRST

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.role_statements import PURPOSES, statements_of

PREFIX = "made_"


def test_an_analyst_reads_the_marts_and_nothing_below_them(published: Warehouse) -> None:
    with login(published, "analyst") as connection:
        marts = [
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.views where table_schema = 'marts'"
            )
        ]
        assert len(marts) >= 14
        for mart in marts:
            connection.execute(f"select * from marts.{mart} limit 1").fetchall()
        connection.execute("select set_config('meta_ads.as_of', now()::text, false)")
        for mart in {*marts} - {"publications"}:
            connection.execute(f"select * from marts_as_of.{mart} limit 1").fetchall()
        assert connection.execute("show default_transaction_isolation").fetchone() == (
            "repeatable read",
        )
        for relation in ("published.client_months", "ops.clients", "staging.insights"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {relation}")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create temporary table t (a integer)")
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create table marts.t (a integer)")


def test_meta_ads_sql_works_with_an_analysts_own_login(published: Warehouse) -> None:
    done = published.run(
        "sql",
        "select client_id, current_user from marts.monthly_client_summary",
        WAREHOUSE_URL=url_of(published, "analyst"),
    )
    assert done.returncode == 0, done.stderr
    assert "acme" in done.stdout
    assert "analyst" in done.stdout


def test_meta_ads_sql_reads_as_analyst_whoever_logs_in(published: Warehouse) -> None:
    done = published.run("sql", "select session_user, current_user")
    assert done.stdout.split()[2:] == ["marts_reader", "marts_reader"]
    done = published.run("sql", "select * from ops.clients")
    assert done.returncode == 2
    assert "permission denied" in done.stderr


def test_a_monitor_reads_the_ledger_and_changes_nothing(published: Warehouse) -> None:
    with login(published, "monitor") as connection:
        for relation in (
            "ops.slice_state",
            "ops.missing_days",
            "audit.audit_findings",
            "marts.monthly_client_summary",
            "quarantine.violations",
        ):
            connection.execute(f"select * from {relation}").fetchall()
        for statement in (
            "delete from ops.receipts",
            "select * from quarantine.insights",
            "select * from landing.insights",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_monitor_serves_the_health_api_and_acknowledges_and_no_more(published: Warehouse) -> None:
    published.execute(
        "insert into ops.alerts (fingerprint, rule, severity, subject) "
        "values ('a', 'r', 'low', 's')"
    )
    with serving(published, WAREHOUSE_URL=url_of(published, "monitor")) as server:
        health = server.get("/api/admin/data-health")
        assert health.json()["checks"]["warehouse"] == {"status": "pass"}
        for path in (
            "/readyz",
            "/metrics",
            "/api/clients/acme/kpis?month=2026-11",
            "/admin/monitoring",
            "/admin/monitoring/clients/acme",
            "/admin/monitoring/publications/2",
        ):
            assert server.get(path).status_code == 200, path
    assert published.value("select sum(stale) from serving.cache_reads") == 1
    with login(published, "monitor") as connection:
        connection.execute("update ops.alerts set state = 'acknowledged'")
        for statement in (
            "update ops.alerts set subject = 'x'",
            "delete from ops.alerts",
            "update serving.current_month_cache set spend = 0",
            "delete from published.client_months",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_transformer_builds_and_publishes_and_collects_nothing(
    published: Warehouse, dbt: Dbt
) -> None:
    put_day(published, "acme", FIRST, campaign("c1", spend=11), totals={"spend": 11})
    dbt.options = {"warehouse_url": url_of(published, "transformer")}
    ended = dbt.build()
    assert ended.exit_code == 0, ended
    assert published.value("select spend from marts.monthly_client_summary") == 11
    with login(published, "transformer") as connection:
        for statement in (
            "delete from staging.insights",
            "update ops.receipts set state = 'received'",
            "update ops.clients set name = 'x'",
            "delete from ops.publications",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.RaiseException, match="publications only"):
            connection.execute("delete from published.client_months")


def test_a_loader_collects_and_publishes_nothing(
    published: Warehouse, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    clients = write_clients(
        tmp_path / "clients.yml",
        "client_id: outdoor, name: O, ad_account_id: act_1001, starts_on: 2026-11-12",
    )
    done = published.run(
        "collect",
        "--since",
        "2026-11-12",
        "--until",
        "2026-11-14",
        WAREHOUSE_URL=url_of(published, "loader"),
        META_API_URL=sandbox.url,
        META_ADS_CLIENTS=str(clients),
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert published.value("select count(*) from ops.slice_state where client_id = 'outdoor'") == 6
    done = published.run(
        "refresh",
        WAREHOUSE_URL=url_of(published, "loader"),
        META_API_URL=sandbox.url,
        META_ADS_CLIENTS=str(clients),
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert published.value("select count(*) from serving.current_month_cache") == 1
    export = tmp_path / "export.csv"
    export.write_text(
        "Day,Campaign ID,Amount spent (EUR),Impressions,Clicks (all),Link clicks,Leads\n"
        "2026-11-12,11,1.50,100,5,3,1\n",
        encoding="utf-8",
    )
    # Against Meta's own rows of the day it is refused: everything but the build was done.
    done = published.run(
        *("import", str(export), "--client", "outdoor", "--replace", "--preview"),
        WAREHOUSE_URL=url_of(published, "loader"),
        META_API_URL=sandbox.url,
        META_ADS_CLIENTS=str(clients),
    )
    assert (done.returncode, "1 would be refused" in done.stdout) == (1, True), done.stderr
    # Whoever collects also tells of it.
    for command in ("evaluate", "deliver"):
        done = published.run("alerts", command, WAREHOUSE_URL=url_of(published, "loader"))
        assert done.returncode == 0, done.stderr + done.stdout
    assert published.value("select count(*) from ops.heartbeats") == 2
    with login(published, "loader") as connection:
        for statement in (
            "update published.client_months set month = month",
            "select * from history.client_months",
            "update ops.publications set reason = 'x'",
            "update ops.receipts set state = state",
            "delete from ops.batches",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_roles_of_an_administrator_have_the_limits_of_those_that_the_program_makes(
    published: Warehouse,
) -> None:
    name = published.url.rpartition("/")[2]
    fresh = f"{name}_plain"
    made = {f"{PREFIX}{role}" for role in PURPOSES}
    with psycopg.connect(published.url, autocommit=True) as admin:
        admin.execute(f"create role plain login password '{PASSWORD}'")
        admin.execute("grant plain to current_user")
        admin.execute(f"create database {fresh} owner plain")
        url = f"{url_of(published, 'plain').rpartition('/')[0]}/{fresh}"
        environment = {"WAREHOUSE_URL": url, "META_ADS_ROLE_PREFIX": PREFIX}
        try:
            hint = published.run("env", **environment).stderr
            assert "run what `meta-ads server roles` prints" in " ".join(hint.split())
            admin.execute(published.run("server", "roles", **environment).stdout)
            done = published.run("env", **environment)
            assert f"META_ADS_DBT_ROLE={PREFIX}transformer" in done.stdout
            assert PREFIX not in done.stderr
            query = (
                "select regexp_replace(rolname, %s, ''), rolconfig, rolconnlimit, "
                "shobj_description(oid, 'pg_authid') from pg_roles where rolname = any(%s) "
                "order by 1"
            )
            theirs = admin.execute(query, [f"^{PREFIX}", list(made)]).fetchall()
            assert theirs == admin.execute(query, ["^$", list(PURPOSES)]).fetchall()
            assert len(theirs) == 5
        finally:
            admin.execute(f"drop database if exists {fresh} with (force)")
            for role in made:
                admin.execute(f"drop role if exists {role}")
            admin.execute("drop role plain")


def test_the_docs_have_the_statements_that_the_program_prints() -> None:
    settings = settings_of()
    expected = statements_of(settings, "analyst", PURPOSES["analyst"], "LOGIN")
    text = (Path(__file__).parents[3] / "docs" / "analysts.md").read_text("utf-8")
    block = text.partition("## Bounds")[2].partition("```sql\n")[2].partition("```")[0]
    assert block.replace("LOGIN", '"LOGIN"').splitlines() == [
        line.replace('"analyst"', "analyst") for line in expected
    ]


def test_a_server_that_grants_no_roles_is_used_without_them(published: Warehouse, dbt: Dbt) -> None:
    published.execute(f"create role plain login password '{PASSWORD}'")
    published.execute("grant plain to current_user")
    name = published.url.rpartition("/")[2]
    published.execute(f"alter database {name} owner to plain")
    try:
        fresh = f"{name}_plain"
        with psycopg.connect(published.url, autocommit=True) as admin:
            admin.execute(f"create database {fresh} owner plain")
        url = f"{url_of(published, 'plain').rpartition('/')[0]}/{fresh}"
        environment = {"WAREHOUSE_URL": url, "META_ADS_ROLE_PREFIX": "other_"}
        done = published.run("env", **environment)
        assert done.returncode == 0, done.stderr
        assert "META_ADS_DBT_ROLE=''" in done.stdout
        assert "other_analyst" in done.stderr
        done = published.run("sql", "select 7 as seven", **environment)
        assert "7" in done.stdout
    finally:
        with psycopg.connect(published.url, autocommit=True) as admin:
            admin.execute(f"drop database if exists {fresh} with (force)")
            admin.execute(f"alter database {name} owner to current_user")
            admin.execute("drop role plain")
