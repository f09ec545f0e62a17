"""Readers of the marts while publications run, fail, and are killed: no read may be torn or wait.

    python -m benchmarks.torn_reads [--seconds 120] [--clients 20] [--campaigns 20] [--seed 1]

dbt builds a warehouse on a server of its own once. After that a process does in SQL what a build
does, over and over: every publication writes one stamp into every number of every mart. A whole
read finds one stamp, one publication and every row. Ends with 1 if any did not, or waited.
"""

import argparse
import logging
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from benchmarks.torn_readers import ANSWER_SECONDS, KINDS, POLL_SECONDS, Counts, Readers
from benchmarks.torn_stamps import Size, marts_and_nodes, seed
from orchestration.settings import Settings
from orchestration.transformation.project import PROJECT_DIR, dbt_environment, dbt_executable
from orchestration.warehouse.connection import connect
from orchestration.warehouse.migrations import migrate

if TYPE_CHECKING:
    from orchestration.warehouse.embedded.server import EmbeddedServer

ROOT = Path(__file__).resolve().parents[1]
MONTHS = 3
EMPTIED = "refused Not built in this run, so not published"
REFUSES = {
    "client_months": "account_id",
    "entity_names": "entity_name",
    "monthly_conversion_metrics": "conversions",
    "monthly_action_metrics": "actions",
}
"""The column whose negative stamps a constraint refuses; elsewhere it is the spend."""

Reach = Callable[[], str]


class Publisher:
    """The publishing process, from outside."""

    def __init__(self, url: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.torn_publisher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            cwd=ROOT,
            env=os.environ | {"WAREHOUSE_URL": url},
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def send(self, command: str) -> None:
        """Send a command, without waiting for its answer."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{command}\n")
        self._child.stdin.flush()

    def receive(self) -> str:
        """The next line that the process wrote.

        Raises:
            queue.Empty: none came in time.
        """
        return self._lines.get(timeout=ANSWER_SECONDS)

    def ask(self, command: str) -> str:
        """Send a command; returns the last line of its answer."""
        self.send(command)
        answer = self.receive()
        return self.receive() if answer.startswith("publishing") else answer

    def kill(self) -> None:
        """As the kernel does when memory ends."""
        self._child.kill()
        self.close()

    def close(self) -> None:
        """Let it end, and collect it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()
        self._child.wait(ANSWER_SECONDS)
        self._listener.join(ANSWER_SECONDS)
        self._child.stdout.close()

    def _listen(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._lines.put(line.strip())


class Harness:
    """Readers, a monitor of locks, and what is done to the publications meanwhile.

    Args:
        server: the server, which gets killed.
        reach: the URL of the warehouse; starts the server where it does not run.
        size: what was seeded.
        randomness: when kills happen.
        replica: where the readers read, if not there.
    """

    def __init__(
        self,
        server: "EmbeddedServer",
        reach: Reach,
        size: Size,
        randomness: random.Random,
        replica: str = "",
    ) -> None:
        self.stamp = 1
        self._server, self._reach, self._size = server, reach, size
        self._random = randomness
        self._readers = Readers(replica or reach(), size)
        self._publisher = Publisher(reach())
        self._seconds = 0.1

    @property
    def counts(self) -> Counts:
        """What happened so far."""
        return self._readers.counts

    def publish(self) -> None:
        """A publication with a new stamp."""
        self._build()
        self._expect("publish", "committed", "publications")

    def fail(self, mart: str) -> None:
        """A publication that a constraint of one mart refuses."""
        self._build(mart)
        with self._readers.publication():
            answer = self._publisher.ask("publish")
        if f'"torn_reads_{mart}"' in answer:
            self.counts.failed[mart] += 1
        else:
            self._readers.wrong(f"a publication that had to fail in {mart}: {answer}")

    def roll_back(self) -> None:
        """The latest publication taken back."""
        self._expect("rollback", "committed", "rollbacks")

    def prune(self) -> None:
        """The history of old publications given up."""
        self._expect("prune", "committed", "prunings")

    def publish_two_at_once(self) -> None:
        """A publication and a rollback, which wait for each other."""
        self._build()
        second_publisher = Publisher(self._reach())
        with self._readers.publication():
            second_publisher.send("rollback")
            self._publisher.send("publish")
            answers = [p.receive() and p.receive() for p in (second_publisher, self._publisher)]
        second_publisher.close()
        if all(answer.startswith("committed") for answer in answers):
            self.counts.events["two at once"] += 1
        else:
            self._readers.wrong(f"two at once: {answers}")

    def kill_process(self) -> None:
        """The publishing process killed with -9 in the middle."""
        self._build()
        with self._readers.publication():
            self._begin_and_wait()
            self._publisher.kill()
            self.counts.events["killed processes"] += 1
            self._publisher = Publisher(self._reach())
            self._build()
            self._request("publish", "committed", "publications")

    def kill_backend(self) -> None:
        """The publication's backend killed with -9 in the middle: the server starts anew."""
        self._build()
        with self._readers.publication(), self._readers.outage():
            pid = self._begin_and_wait()
            self._crash(pid)
            self._publisher.receive()
            self._publisher.ask("reconnect")
        self.counts.events["killed backends"] += 1

    def kill_server(self) -> None:
        """The server killed with -9 in the middle of a publication."""
        self._build()
        with self._readers.publication(), self._readers.outage():
            self._begin_and_wait()
            pid = self._server.status().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            self._readers.url = self._reach()
            self._publisher.close()
            self._publisher = Publisher(self._reach())
        self.counts.events["killed servers"] += 1

    def crash_before_publication(self) -> None:
        """A crash between the candidates and the publication, which must not publish emptiness."""
        built = self._build()
        if not built.startswith("built"):
            return
        with self._readers.outage():
            self._crash(int(built.split()[1]))
            self._publisher.ask("reconnect")
        answer = self._publisher.ask("publish")
        if answer.startswith(EMPTIED):
            self.counts.events["refused after a crash"] += 1
        else:
            self._readers.wrong(f"candidates that a crash emptied: {answer}")

    def tear(self) -> None:
        """What no publication does: two transactions."""
        self.stamp += 1
        with self._readers.publication():
            self._publisher.ask(f"tear {self.stamp} {self._size.campaigns}")

    def empty(self) -> None:
        """What no publication does: rows are gone for a while."""
        with self._readers.publication():
            self._publisher.ask("empty")

    def lock(self) -> None:
        """What no publication does: a lock that readers notice."""
        with self._readers.publication():
            self._publisher.ask("lock")

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Something else publishes: no build of ours is in its way."""
        with psycopg.connect(self._readers.url) as connection:
            connection.execute("update ops.builds set state = 'failed' where state = 'running'")
        with self._readers.publication():
            yield

    def _build(self, refused: str = "") -> str:
        self.stamp += 1
        answer = self._publisher.ask(f"build {self.stamp} {self._size.campaigns} {refused}")
        if not answer.startswith("built"):
            self._readers.wrong(f"a build: {answer}")
        return answer

    def _expect(self, command: str, expected: str, counted: str) -> None:
        with self._readers.publication():
            began = time.monotonic()
            self._request(command, expected, counted)
            if command == "publish":
                self._seconds = time.monotonic() - began

    def _request(self, command: str, expected: str, counted: str) -> None:
        answer = self._publisher.ask(command)
        if answer.startswith(expected):
            self.counts.events[counted] += 1
        else:
            self._readers.wrong(f"{command}: {answer}")

    def _begin_and_wait(self) -> int:
        """Begin a publication; come back somewhere in its midst, with the backend's pid."""
        self._publisher.send("publish")
        pid = int(self._publisher.receive().split()[1])
        time.sleep(self._random.uniform(0, self._seconds))
        return pid

    def _crash(self, pid: int) -> None:
        """Kill a backend, and wait for the server to end all others and come back."""
        with psycopg.connect(self._readers.url, autocommit=True) as witness:
            os.kill(pid, signal.SIGKILL)
            with suppress(psycopg.OperationalError):
                while True:
                    witness.execute("select 1")
                    time.sleep(POLL_SECONDS)
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                psycopg.connect(self._readers.url).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return

    @contextmanager
    def running(self, kinds: Sequence[str] = KINDS) -> Iterator[None]:
        """Readers of these kinds, a thread for each, and the monitor."""
        self._prepare()
        try:
            with self._readers.running(kinds):
                yield
        finally:
            self._publisher.close()

    def wait_for_reads(self, number: int, seconds: float, kinds: Sequence[str] = KINDS) -> None:
        """Until every kind read as often beside a publication, which go on until then."""
        deadline = time.monotonic() + seconds
        while min(self.counts.beside[kind] for kind in kinds) < number:
            if time.monotonic() > deadline or self.counts.errors:
                return
            self.publish()

    def _prepare(self) -> None:
        """Constraints that refuse negative stamps."""
        with psycopg.connect(self._reach(), autocommit=True) as connection:
            for mart in marts_and_nodes()[0]:
                column = REFUSES.get(mart, "spend")
                connection.execute(
                    sql.SQL(
                        "alter table {} add constraint {} check ({}::numeric >= 0) not valid"
                    ).format(
                        sql.Identifier("published", mart),
                        sql.Identifier(f"torn_reads_{mart}"),
                        sql.Identifier(column),
                    )
                )
        self.publish()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # It reports every connection that breaks, as they do when the server is killed.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    size = Size(options.clients, options.campaigns, MONTHS)
    with tempfile.TemporaryDirectory(prefix="meta-ads-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"META_ADS_HOME": folder, "META_ADS_SYSTEM_DATA": f"{folder}/system"}
        from orchestration.warehouse.embedded.server import EmbeddedServer

        settings = Settings()
        server = EmbeddedServer(settings.home, settings.system_data)
        try:
            _build_once(settings, size)
            harness = Harness(server, server.ensure_running, size, random.Random(options.seed))
            with harness.running((*KINDS, "statements")):
                _disturb(harness, time.monotonic() + options.seconds)
            _report(harness.counts)
        finally:
            server.remove_data()
    sys.exit(0 if harness.counts.clean else 1)


def _build_once(settings: Settings, size: Size) -> None:
    """The warehouse as dbt makes it, with the first stamp."""
    migrate(settings)
    with connect(settings) as connection:
        seed(connection, size, 1)
    completed = subprocess.run(
        [
            *(dbt_executable(), "--quiet", "build", "--project-dir", str(PROJECT_DIR)),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        ],
        env=os.environ | dbt_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode:
        sys.exit(completed.stdout + completed.stderr)


def _disturb(harness: Harness, deadline: float) -> None:
    """One thing after another, the gentle ones more often, until time is up."""
    marts = marts_and_nodes()[0]
    violence = [
        harness.kill_process,
        harness.kill_server,
        harness.kill_backend,
        harness.crash_before_publication,
        harness.publish_two_at_once,
        harness.prune,
    ]
    turn = 0
    while time.monotonic() < deadline and not harness.counts.errors:
        harness.publish()
        harness.fail(marts[2 * turn % len(marts)])
        harness.roll_back()
        harness.fail(marts[(2 * turn + 1) % len(marts)])
        violence[turn % len(violence)]()
        turn += 1


def _report(counts: Counts) -> None:
    _say("reads           all   beside a publication   first after an outage")
    for kind in KINDS:
        row = (counts.reads[kind], counts.beside[kind], counts.after_outage[kind])
        _say(f"  {kind:12}{row[0]:>6,}{row[1]:>23,}{row[2]:>24,}")
    for name in ("torn", "empty", "errors", "waits"):
        sentences: list[str] = getattr(counts, name)
        _say(f"{name:12}{len(sentences):>8,}  {sentences[0][:600] if sentences else ''}")
    for event, number in sorted(counts.events.items()):
        _say(f"{event:24}{number:>8,}")
    for mart, number in sorted(counts.failed.items()):
        _say(f"failed in {mart:30}{number:>4,}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
