"""Readers of the marts in threads, which judge what they read, and a monitor of who waits for whom.

Every reader says what it found as shapes: a whole read has one stamp, one publication and all rows.
"""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.torn_stamps import VIEWS, Shape, Size, all_marts, dumped, joined, whole_mart
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.embedded.binaries import installed_binaries

KINDS = ("join", "statements", "old snapshot", "pg_dump", "as of")
READER = "torn-reader"
LOCK_TIMEOUT_MS = 10
"""A reader that waits longer behind any lock fails, and that counts."""
DUMP_TIMEOUT_MS = 2000
"""pg_dump measures by the clock, also where locks only take long; the monitor sees more."""
READER_OPTIONS = (
    f"-c TimeZone=UTC -c lock_timeout={LOCK_TIMEOUT_MS} -c jit=off -c enable_nestloop=off"
)
"""Many reads are wanted: the planner expects one row of the join and would loop over them all."""
SAMPLE_SECONDS = 0.01
PAUSE_SECONDS = 0.01
"""Between two reads: the publications need the processors, too."""
POLL_SECONDS = 0.02
ANSWER_SECONDS = 60.0
WAITS = """
select w.application_name, b.application_name, left(w.query, 60)
from pg_stat_activity as w
cross join unnest(pg_blocking_pids(w.pid)) as p (pid)
inner join pg_stat_activity as b on b.pid = p.pid
where w.wait_event_type = 'Lock' and w.datname = current_database()
    and 'torn-reader' in (left(w.application_name, 11), left(b.application_name, 11))
"""
NEWEST = "select max(publication_id) from marts.publications"


@dataclass(kw_only=True)
class Counts:
    """What happened; the sentences say what should not have."""

    reads: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    after_outage: Counter[str] = field(default_factory=Counter)
    torn: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether every read was whole and nobody waited."""
        return not (self.torn or self.empty or self.errors or self.waits)


class Readers:
    """Threads that read until they are stopped, also across a crash of the server.

    Args:
        url: the warehouse; may change while the server is down.
        size: what was seeded.
    """

    def __init__(self, url: str, size: Size) -> None:
        self.url = url
        self.counts = Counts()
        self._size = size
        self._outages = 0
        self._begun = self._ended = 0
        self._stop = threading.Event()
        self._full: dict[str, int] = {}
        self._reads: Mapping[str, Callable[[Connection], list[Shape]]] = {
            "join": self._read_join,
            "statements": self._read_statements,
            "old snapshot": self._read_old_snapshot,
            "pg_dump": self._read_dump,
            "as of": self._read_as_of,
        }

    @contextmanager
    def running(self, kinds: Sequence[str]) -> Iterator[None]:
        """A thread for each of these kinds, and the monitor."""
        self._learn()
        targets: list[Callable[[], None]] = [partial(self._read_on, kind) for kind in kinds]
        threads = [threading.Thread(target=t, daemon=True) for t in [*targets, self._monitor]]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(ANSWER_SECONDS)

    @contextmanager
    def publication(self) -> Iterator[None]:
        """While it lasts, reads count as reads beside a publication."""
        self._begun += 1
        try:
            yield
        finally:
            self._ended += 1

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Odd while the server may be down: connections from before it may break."""
        self._outages += 1
        try:
            yield
        finally:
            self._outages += 1

    def wrong(self, sentence: str) -> None:
        """Something that should not have happened."""
        self.counts.errors.append(sentence)

    def _learn(self) -> None:
        """How many rows a whole read has, while nothing is published."""
        with self._connect(READER) as connection:
            for read in (self._read_join, self._read_statements, self._read_dump):
                self._full |= {shape.name: shape.rows for shape in read(connection)}
        assert all(self._full.values()), self._full

    def _read_on(self, kind: str) -> None:
        while not self._stop.is_set():
            outages = self._outages
            if outages % 2:
                time.sleep(POLL_SECONDS)
                continue
            try:
                with self._connect(f"{READER} {kind}") as connection:
                    self._read_through(kind, connection, outages)
            except psycopg.errors.LockNotAvailable as error:
                self.counts.waits.append(f"{kind}: {error}")
            except (psycopg.Error, OSError, ValueError, subprocess.SubprocessError) as error:
                if outages == self._outages:
                    self.wrong(f"{kind}: {type(error).__name__} {error}")

    def _read_through(self, kind: str, connection: Connection, outages: int) -> None:
        """Read after read over one connection."""
        is_first = True
        while not self._stop.is_set():
            begun, ended = self._begun, self._ended
            shapes = self._reads[kind](connection)
            self._judge(kind, shapes)
            self.counts.reads[kind] += 1
            if begun > ended or self._begun > begun:
                self.counts.beside[kind] += 1
            if is_first and outages:
                self.counts.after_outage[kind] += 1
            is_first = False
            time.sleep(PAUSE_SECONDS)

    def _judge(self, kind: str, shapes: Sequence[Shape]) -> None:
        short = [s for s in shapes if s.rows != self._full[s.name]]
        stamps = {stamp for s in shapes for stamp in (s.least, s.greatest)}
        publications = {p for s in shapes for p in (s.first_publication, s.last_publication)}
        sentence = f"{kind}: {[(s.name, s.rows, s.least, s.greatest) for s in shapes]}"
        if not shapes or any(s.rows == 0 for s in shapes):
            self.counts.empty.append(sentence)
        elif short or len(stamps) != 1 or len(publications - {None}) != 1:
            self.counts.torn.append(f"{sentence}, publications {publications}")

    def _read_join(self, connection: Connection) -> list[Shape]:
        return [Shape(*row) for row in connection.execute(joined(self._size))]

    def _read_statements(self, connection: Connection) -> list[Shape]:
        with _snapshot(connection):
            return self._marts_one_by_one(connection)

    def _marts_one_by_one(self, connection: Connection) -> list[Shape]:
        queries = [whole_mart("marts", view, self._size) for view in VIEWS]
        return [Shape(*row) for query in queries for row in connection.execute(query)]

    def _read_old_snapshot(self, connection: Connection) -> list[Shape]:
        """The snapshot is from before a publication that has ended when the marts are read."""
        with self._connect(f"{READER} witness") as witness, _snapshot(connection):
            newest = connection.execute(NEWEST).fetchone()
            while witness.execute(NEWEST).fetchone() == newest and not self._stop.is_set():
                time.sleep(POLL_SECONDS)
            shapes = self._marts_one_by_one(connection)
        publications = {shape.last_publication for shape in shapes} - {None}
        if newest is None or publications != {newest[0]}:
            self.counts.torn.append(f"a snapshot of publication {newest} shows {publications}")
        return shapes

    def _read_dump(self, connection: Connection) -> list[Shape]:
        parts = conninfo_to_dict(self.url)
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
        names |= {"password": "PGPASSWORD", "dbname": "PGDATABASE"}
        environment = {variable: str(parts[name]) for name, variable in names.items()}
        command = [str(installed_binaries().program("pg_dump")), "-n", "published", "-n", "marts"]
        completed = subprocess.run(
            [*command, f"--lock-wait-timeout={DUMP_TIMEOUT_MS}"],
            env=environment | {"PGAPPNAME": f"{READER} pg_dump"},
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
        if "IN ACCESS SHARE MODE" in completed.stderr and "statement timeout" in completed.stderr:
            raise psycopg.errors.LockNotAvailable(completed.stderr)
        if completed.returncode:
            connection.execute("select 1")
            raise OSError(completed.stderr)
        return dumped(completed.stdout.splitlines(), self._size)

    def _read_as_of(self, connection: Connection) -> list[Shape]:
        now = datetime.now(UTC).isoformat()
        connection.execute("select set_config('meta_ads.as_of', %s, false)", [now])
        query = all_marts("marts_as_of", self._size)
        return [Shape(*row) for row in connection.execute(query)]

    def _monitor(self) -> None:
        """Who waits for whom, all the time."""
        while not self._stop.is_set():
            outages = self._outages
            try:
                with self._connect("torn-monitor") as connection:
                    while not self._stop.is_set():
                        waits = connection.execute(WAITS).fetchall()
                        self.counts.waits += [f"{w} waits for {b}: {q}" for w, b, q in waits]
                        self.counts.events["samples of locks"] += 1
                        time.sleep(SAMPLE_SECONDS)
            except psycopg.Error as error:
                if outages == self._outages and outages % 2 == 0:
                    self.wrong(f"monitor: {error}")
                time.sleep(POLL_SECONDS)

    @contextmanager
    def _connect(self, application: str) -> Iterator[Connection]:
        with psycopg.connect(
            self.url, autocommit=True, application_name=application, options=READER_OPTIONS
        ) as connection:
            yield connection


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    connection.execute("begin isolation level repeatable read read only")
    yield
    connection.execute("commit")
