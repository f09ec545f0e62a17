"""Databases as they are hosted: behind a pooler, with certificates, limits, and narrow logins.

The pooler in session mode also demands TLS with an authority and client certificates of its own.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from authority import Authority
from databases import META_ADS, Warehouse, named, superuser_url
from factories import write_clients
from places import Place, dump_marts
from poolers import pooling
from psycopg import sql
from servers import serving

from orchestration.sandbox.process import SandboxProcess
from orchestration.transformation.project import PROJECT_DIR
from orchestration.warehouse.embedded.binaries import installed_binaries
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import ROLES

SESSION = "select current_setting('TimeZone'), ops.business_now(), current_user"

WRITABLE = "set transaction read write; alter database odd reset default_transaction_read_only"


@pytest.fixture(scope="module")
def behind(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    open_folder: Path,
) -> Iterator[Any]:
    """A warehouse that is reached through a pooler in session mode, with certificates."""
    home = open_folder
    clients = write_clients(
        home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2026-11-01",
    )
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    authority = Authority(home)
    certificate, key = authority.issued("localhost")
    # The pooler runs as somebody else.
    key.chmod(0o644)
    demanded = {
        "client_tls_sslmode": "verify-full",
        "client_tls_ca_file": str(authority.certificate),
        "client_tls_cert_file": str(certificate),
        "client_tls_key_file": str(key),
    }
    with (
        Place(server, template).warehouse(home, environment) as warehouse,
        pooling(warehouse.url, home, "session", **demanded) as url,
    ):
        certificate, key = authority.issued("meta_ads")
        warehouse.environment["WAREHOUSE_URL"] = (
            f"{url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslcert={certificate}"
            f"&sslkey={key}&sslrootcert={authority.certificate}&target_session_attrs=read-write"
        )
        done = warehouse.run("run")
        assert done.returncode == 0, done.stderr
        yield warehouse


def test_a_pooler_in_session_mode_is_as_good_as_the_server(behind: Any) -> None:
    assert dump_marts(behind)["marts.monthly_campaign_metrics"]
    assert behind.value("select distinct as_of::text from ops.builds") == "2026-11-15 12:00:00+00"
    assert behind.value("select owner from ops.builds") != "dbt alone"
    for command in (["publications", "verify"], ["alerts", "evaluate"], ["health", "--json"]):
        done = behind.run(*command)
        assert done.returncode in (0, 1), (command, done.stderr)
        assert "cannot be reached" not in done.stdout + done.stderr
    with serving(behind) as health:
        assert health.get("/api/admin/data-health").status_code == 200


def test_sql_asks_as_the_analyst_at_business_time(behind: Any) -> None:
    done = behind.run("sql", SESSION)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[1].split()
    assert told == ["UTC", "2026-11-15", "12:00:00+00:00", "analyst"]


def test_without_the_authoritys_certificate_nothing_is_told_to_the_server(behind: Any) -> None:
    url = behind.environment["WAREHOUSE_URL"].partition("&sslrootcert")[0]
    done = behind.run("sql", "select 1", WAREHOUSE_URL=url)
    assert done.returncode == 3
    assert "certificate" in done.stderr


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_that_shares_sessions_is_refused_before_anything_is_begun(
    demo: Warehouse, open_folder: Path, mode: str
) -> None:
    with pooling(demo.url, open_folder, mode) as url:
        for command in (["run"], ["env"]):
            done = demo.run(*command, WAREHOUSE_URL=url)
            assert done.returncode == 2, done.stderr
            told = done.stderr.strip().splitlines()[-1]
            assert "advisory locks" in told
            assert "pool_mode = session" in told
    assert demo.value("select count(*) from ops.batches") == 0


PASSWORD = "@:/?#%'\"\\ $`{{ä€ 0123"
ODD = {
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Pacific/Auckland",
    "search_path": "nowhere",
    "standard_conforming_strings": "off",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "default_transaction_isolation": "serializable",
    "lock_timeout": "1ms",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "5s",
    "idle_session_timeout": "3s",
    "transaction_timeout": "20s",
}
"""What a host or another program may have set for the database."""


@pytest.fixture(scope="module")
def odd(server: EmbeddedServer, behind: Any, open_folder: Path) -> Iterator[Warehouse]:
    """A database with settings of its own and a login that may make roles, and no more."""
    admin = superuser_url(server)
    url = named(admin, "odd")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create role hosted login createrole password {}").format(PASSWORD)
        )
        connection.execute("create database odd owner hosted")
        for name, value in ODD.items():
            connection.execute(
                sql.SQL("alter database odd set {} = {}").format(
                    sql.Identifier(name), sql.SQL(value) if "," in value else sql.Literal(value)
                )
            )
    environment = {
        **behind.environment,
        "WAREHOUSE_URL": f"postgresql://hosted:{quote(PASSWORD, safe='')}@{url.rpartition('@')[2]}",
        "META_ADS_ROLE_PREFIX": "hosted_",
    }
    home = open_folder / "odd"
    home.mkdir()
    yield Warehouse(url, home, environment)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("drop database odd with (force)")
        for role in ROLES:
            connection.execute(f"drop role hosted_{role}")
        connection.execute("drop role hosted")


def test_an_odd_database_and_a_narrow_login_make_the_same_marts(
    odd: Warehouse, behind: Any
) -> None:
    done = odd.run("run")
    assert done.returncode == 0, done.stderr
    odd.execute("alter database odd reset all")
    assert dump_marts(odd) == dump_marts(behind)
    owners = odd.rows("select distinct viewowner from pg_views where schemaname = 'marts'")
    assert owners == [("hosted_transformer",)]


def test_psql_and_dbt_log_in_with_every_character_of_a_password(odd: Warehouse) -> None:
    """The prompt of `meta-ads sql` reads only, with a login of its own, at business time."""
    environment = odd.command_environment({})
    binaries = installed_binaries().program("psql").parent
    environment["PATH"] = f"{binaries}:{environment['PATH']}"
    script = f"""
        meta-ads sql <<'EOF'
\\pset format unaligned
\\pset tuples_only
{SESSION};
create table marts.t ();
EOF
        eval "$(meta-ads env)" && dbt debug --connection --project-dir {PROJECT_DIR}
    """
    done = subprocess.run(
        ["bash", "-c", script],
        env=environment,
        cwd=odd.home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "UTC|2026-11-15 12:00:00+00|hosted_marts_reader" in done.stdout.splitlines(), done
    assert "read-only transaction" in done.stderr
    assert "Connection test: [OK connection ok]" in done.stdout, done.stdout


def test_turned_read_only_a_run_says_so_in_one_sentence_and_readers_go_on(odd: Warehouse) -> None:
    odd.execute("alter database odd set default_transaction_read_only = on")
    for command in ("run", "build"):
        done = odd.run(command)
        assert done.returncode == 3, done.stderr
        told = done.stderr.strip().splitlines()[-1]
        assert told.startswith("The warehouse is read-only"), done.stderr
        assert "default_transaction_read_only" in told
    assert odd.run("sql", "select * from marts.publications").returncode == 0
    done = odd.run("health", "--json")
    assert done.returncode == 4, done.stdout
    checks = json.loads(done.stdout)["checks"]
    assert checks["warehouse"]["status"] == "fail"
    assert "read-only" in checks["warehouse"]["reason"]
    assert checks["publication"]["status"] == "pass"
    odd.execute(WRITABLE)


def test_turned_read_only_under_a_run_it_says_so_and_the_next_one_goes_on(odd: Warehouse) -> None:
    """A host sets the database and ends its sessions; the next ones may only read."""
    now, begun = "2026-11-16T12:00:00Z", "select count(*) from ops.builds"
    before = dump_marts(odd)
    count = odd.value(begun)
    environment = odd.command_environment({"META_ADS_NOW": now, "META_ADS_RETRY_DELAYS": "1"})
    with subprocess.Popen(
        [META_ADS, "run"], env=environment, cwd=odd.home, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 120
        while odd.value(begun) == count and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        odd.execute("alter database odd set default_transaction_read_only = on")
        odd.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = 'odd' and usename like 'hosted%'"
        )
        told = process.communicate(timeout=120)[1].strip().splitlines()[-1]
    assert process.returncode == 3, told
    assert told.startswith("The warehouse is read-only"), told
    assert dump_marts(odd) == before
    odd.execute(WRITABLE)
    done = odd.run("run", META_ADS_NOW=now)
    assert done.returncode == 0, done.stderr
    assert odd.value("select max(date_day)::text from marts.daily_campaign_performance") == str(
        date.fromisoformat(now[:10]) - timedelta(days=1)
    )
