"""Behind a pooler: everything works where sessions last; nothing is begun where they do not.

The pooler in session mode also demands TLS with an authority and client certificates of its own.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from end_to_end.support import Place, dump_marts
from factories import write_clients
from poolers import pooling
from servers import serving

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.server import EmbeddedServer

OFTEN = "select current_setting('TimeZone'), ops.business_now(), current_user"


@pytest.fixture(scope="module")
def behind(
    request: pytest.FixtureRequest,
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
        Place(request, server, template).warehouse(home, environment) as warehouse,
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


def test_sql_and_psql_ask_as_the_analyst_at_business_time(behind: Any) -> None:
    done = behind.run("sql", OFTEN)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[1].split()
    assert told == ["UTC", "2026-11-15", "12:00:00+00:00", "analyst"]
    psql = subprocess.run(
        [f"{behind.command_environment({})['PATH'].partition(':')[0]}/meta-ads", "sql"],
        env=behind.command_environment({}),
        cwd=behind.home,
        input=f"\\pset format unaligned\n\\pset tuples_only\n{OFTEN};\ncreate table marts.t ();\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert psql.stdout.splitlines()[-1] == "UTC|2026-11-15 12:00:00+00|analyst", psql.stderr
    assert "read-only transaction" in psql.stderr


def test_without_the_authoritys_certificate_nothing_is_told_to_the_server(behind: Any) -> None:
    url = behind.environment["WAREHOUSE_URL"].partition("&sslrootcert")[0]
    done = behind.run("sql", "select 1", WAREHOUSE_URL=url)
    assert done.returncode == 3
    assert "certificate" in done.stderr


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_that_shares_sessions_is_refused_before_anything_is_begun(
    warehouse: Any, open_folder: Path, mode: str
) -> None:
    with pooling(warehouse.url, open_folder, mode) as url:
        for command in (["run"], ["env"]):
            done = warehouse.run(*command, WAREHOUSE_URL=url)
            assert done.returncode == 2, done.stderr
            told = done.stderr.strip().splitlines()[-1]
            assert "advisory locks" in told
            assert "pool_mode = session" in told
    assert warehouse.value("select count(*) from ops.batches") == 0
