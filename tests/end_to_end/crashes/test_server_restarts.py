"""A server that is killed and started again under a run: the run waits, goes on, and ends well.

RESTARTS=100 pytest tests/end_to_end/crashes/test_server_restarts.py kills it as often, each time at
another instant.
"""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import psutil
import psycopg
import pytest
from databases import META_ADS, Warehouse, superuser_url
from factories import settings_of, write_clients
from places import (
    DAY_BEFORE,
    DumpedTables,
    Place,
    dump_marts,
    receipts_that_disagree,
)
from server_watchdog import stop_server_when_we_die

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.owner import ROLE
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate

RESTARTS = int(os.environ.get("RESTARTS", "2"))
TEMPLATE, SAVED = "restarts_template", "restarts_day_before"
MOST_SECONDS = 300
AWAY_SECONDS = 1.5
PHASES = {
    "collecting": "select coalesce(max(batch_id), 0) from ops.batches",
    "building": "select coalesce(max(build_id), 0) from ops.builds",
}
"""Numbers that grow when the run reaches a phase."""


@dataclass(frozen=True)
class Restart:
    """When the server goes, how, and for how long (seconds); `share` is of the phase's time."""

    phase: str
    share: float
    how: str
    away: float


def restarts(seed: int) -> list[Restart]:
    """In turn in each phase and of each kind, at instants that the seed chooses."""
    chance = random.Random(seed)
    return [
        Restart(
            ("collecting", "building")[number % 2],
            chance.uniform(0, 0.9),
            ("killed", "a session crashes", "stopped")[number % 3],
            chance.uniform(0, AWAY_SECONDS),
        )
        for number in range(RESTARTS)
    ]


@dataclass
class Server:
    """A server of the module's own, and its database as the run of the day before left it."""

    embedded: EmbeddedServer
    place: Place
    home: Path
    environment: dict[str, str]
    after: DumpedTables
    seconds: dict[str, float]

    def goes(self, restart: Restart) -> None:
        """Away for a moment, in the way that is asked for, and up again."""
        pid = self.embedded.status().pid
        assert pid is not None
        process = psutil.Process(pid)
        if restart.how == "a session crashes":
            self._crash_a_session()
            return
        process.send_signal(signal.SIGKILL if restart.how == "killed" else signal.SIGINT)
        process.wait(30)
        time.sleep(restart.away)
        self.embedded.ensure_running()

    def _crash_a_session(self) -> None:
        """The server ends all sessions then, and recovers."""
        with psycopg.connect(self.embedded.ensure_running()) as connection:
            os.kill(connection.info.backend_pid, signal.SIGKILL)

    def wait_until_it_takes_logins(self) -> None:
        """For what the test itself asks."""
        url = self.embedded.ensure_running().encode()
        deadline = time.monotonic() + MOST_SECONDS
        while psycopg.pq.PGconn.ping(url) != psycopg.pq.Ping.OK:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def server_of_its_own(sandbox: SandboxProcess, open_folder: Path) -> Iterator[Server]:
    home = open_folder
    stop_server_when_we_die(home / "server", home / "system")
    embedded = EmbeddedServer(home / "server", home / "system")
    url = embedded.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}")
    with psycopg.connect(superuser_url(embedded), autocommit=True) as connection:
        connection.execute(f"grant pg_checkpoint to {ROLE}")
    migrate(settings_of(warehouse_url=f"{url.rpartition('/')[0]}/{TEMPLATE}", home=home))
    clients = write_clients(
        home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2026-11-01",
    )
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    place = Place(embedded, TEMPLATE)
    with place.warehouse(home, environment) as warehouse:
        assert warehouse.run("run", META_ADS_NOW=DAY_BEFORE).returncode == 0
        place.save(SAVED)
        done = warehouse.run("run", "--json")
        assert done.returncode == 0, done.stderr
        after = dump_marts(warehouse)
        took = json.loads(done.stdout)["seconds"]
    seconds = {
        "collecting": took["Collecting"],
        "building": took["Building and publishing"],
    }
    yield Server(embedded, place, home, environment, after, seconds)
    embedded.remove_data()


@pytest.mark.parametrize("restart", restarts(seed=20261115), ids=str)
def test_whenever_the_server_goes_away_for_a_moment_the_run_ends_as_if_undisturbed(
    server_of_its_own: Server, restart: Restart
) -> None:
    server = server_of_its_own
    with server.place.warehouse(server.home, server.environment, like=SAVED) as warehouse:
        # A sequence of a copied database goes back in a crash until a checkpoint has seen the copy.
        warehouse.execute("checkpoint")
        code, said = disturbed(warehouse, restart, server)
        server.wait_until_it_takes_logins()
        assert code == 0, said
        assert dump_marts(warehouse) == server.after
        assert receipts_that_disagree(warehouse) == []
        assert warehouse.value("select count(*) from ops.builds where state = 'running'") == 0


def disturbed(warehouse: Warehouse, restart: Restart, server: Server) -> tuple[int, str]:
    """Run, and let the server go at the instant; the exit code and what was said."""
    question = PHASES[restart.phase]
    before = warehouse.value(question)
    process = Popen(
        [META_ADS, "run"],
        env=warehouse.command_environment({"META_ADS_RETRY_DELAYS": "1,2,4"}),
        cwd=warehouse.home,
        stdout=DEVNULL,
        stderr=PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + MOST_SECONDS
        while process.poll() is None and warehouse.value(question) <= before:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(restart.share * server.seconds[restart.phase])
        server.goes(restart)
        said = process.communicate(timeout=MOST_SECONDS)[1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, said
