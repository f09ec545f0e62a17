"""Dagster's daemon while the warehouse, which also holds Dagster's own records, is away."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from alert_receivers import Receivers
from databases import Warehouse, superuser_url
from parsed_projects import bring_parsed_project
from servers import eventually

from orchestration.defs.runs.instance import DAGSTER_YAML
from orchestration.warehouse.embedded.server import EmbeddedServer

DAEMON = """
import runpy, sys
from orchestration.defs.alerts import outages
outages.ALERT_SECONDS = 0.5
sys.argv = ["daemon", "--module-name", "orchestration.definitions"]
runpy.run_module("orchestration.defs.ui.daemon", run_name="__main__")
"""
"""The daemon as `meta-ads up` starts it, but it looks for an outage twice a second."""
AWAY = "The warehouse cannot be reached or written to"
BACK = "The warehouse can be reached and written to again"


@contextmanager
def daemon(warehouse: Warehouse, receivers: Receivers) -> Iterator["subprocess.Popen[bytes]"]:
    home = warehouse.home / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(DAGSTER_YAML, "utf-8")
    bring_parsed_project(warehouse.url, warehouse.home)
    process = subprocess.Popen(
        [sys.executable, "-c", DAEMON],
        env=warehouse.command_environment(receivers.environment() | {"DAGSTER_HOME": str(home)}),
        cwd=warehouse.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def outage(warehouse: Warehouse, server: EmbeddedServer) -> Iterator[None]:
    """The server lets nobody into this database any more."""
    name = warehouse.url.rpartition("/")[2]
    with psycopg.connect(superuser_url(server), autocommit=True) as superuser:
        superuser.execute(f"alter database {name} with allow_connections false")
        superuser.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        yield
        superuser.execute(f"alter database {name} with allow_connections true")


def test_the_daemon_alerts_about_an_outage_and_goes_on_afterwards(
    warehouse: Warehouse, server: EmbeddedServer, receivers: Receivers
) -> None:
    with daemon(warehouse, receivers) as process:

        def ticks() -> int:
            tables = warehouse.value("select to_regclass('dagster_records.job_ticks') is not null")
            query = "select count(*) from dagster_records.job_ticks"
            return int(warehouse.value(query)) if tables else 0

        assert eventually(lambda: ticks() > 0, 1200)
        with outage(warehouse, server):
            assert eventually(lambda: receivers.titles() == [AWAY], 600)
        before = ticks()
        assert eventually(lambda: BACK in receivers.titles() and ticks() > before, 1800)
        assert process.poll() is None
