"""Readers who check the promises all along, each on a real connection of its own.

The server is killed under them: a connection that breaks is made anew, and what was read before
counts. What a reader has seen received is remembered here, not in the warehouse.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from random import Random
from typing import Any

import psycopg
from psycopg import IsolationLevel, errors, sql

from benchmarks.chaos import promises
from benchmarks.chaos.counts import Counts
from orchestration.errors import UnreachableError

PAUSE_SECONDS = 0.2
LONGEST_TRANSACTION_SECONDS = 4.0
CONNECT_SECONDS = 5
LOST = (psycopg.OperationalError, psycopg.InterfaceError, errors.DiskFull, UnreachableError)
"""A server that is away, ends or has no room; what it said of the data so far was complete."""
MARTS = (
    "marts.monthly_campaign_performance",
    "marts.monthly_conversion_metrics",
    "marts.daily_campaign_performance",
    "published.client_months",
)

Question = Callable[[psycopg.Connection[Any]], None]


class Readers:
    """Asks every question over and over, a thread for each kind; `url` may change at any time."""

    def __init__(self, counts: Counts, url: Callable[[], str], now: Callable[[], str]) -> None:
        self._counts, self._url, self._now = counts, url, now
        self._over = threading.Event()
        self._received: set[tuple[str, date]] = set()
        self._alerts: set[str] = set()
        self.questions: dict[str, Question] = {
            "single statements": self.ask_single_statements,
            "long transactions": self.ask_in_a_long_transaction,
            "received days": self.ask_received_days,
            "doubled rows": self.ask_doubled_rows,
            "alerts": self.ask_alerts,
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """A thread for each question while the block runs."""
        threads = [
            threading.Thread(target=self._read, args=(name, question), name=name)
            for name, question in self.questions.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def ask_everything(self) -> None:
        """Every question once, of a server that runs."""
        with self._connect() as connection:
            for question in self.questions.values():
                question(connection)

    def ask_single_statements(self, connection: psycopg.Connection[Any]) -> None:
        """The marts agree with each other and with what was published, in every statement."""
        for name, query in promises.TORN.items():
            self._expect_none(connection, "torn reads", name, query)

    def ask_in_a_long_transaction(self, connection: psycopg.Connection[Any]) -> None:
        """So they do in a transaction that began before a publication; nothing changes in it."""
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with connection.transaction():
                before = [_contents(connection, mart) for mart in MARTS]
                # Where the time is up, what is begun is brought to its end.
                self._over.wait(Random(before[0]).uniform(0, LONGEST_TRANSACTION_SECONDS))
                for name, query in promises.TORN.items():
                    self._expect_none(connection, "torn reads", f"{name}, in a snapshot", query)
                if before != [_contents(connection, mart) for mart in MARTS]:
                    self._counts.violation("torn reads", "a mart changed within a snapshot")
        finally:
            if not connection.closed:
                connection.isolation_level = None

    def ask_received_days(self, connection: psycopg.Connection[Any]) -> None:
        """What was received stands, and receipts, states and rows say the same of it."""
        self._expect_none(
            connection,
            "lost client-days",
            "receipt, state and rows disagree",
            promises.DISAGREEING,
        )
        standing = set(connection.execute(promises.STANDING).fetchall())
        if lost := sorted(self._received - standing):
            self._counts.violation("lost client-days", f"received, and gone: {lost[:5]}")
        self._received |= standing

    def ask_doubled_rows(self, connection: psycopg.Connection[Any]) -> None:
        """No key stands twice, and nothing that there is one of at a time is there twice."""
        for name, query in promises.DOUBLED.items():
            self._expect_none(connection, "doubled rows", name, query)

    def ask_alerts(self, connection: psycopg.Connection[Any]) -> None:
        """Every alert has its message from the moment when it is there, and stays."""
        self._expect_none(connection, "lost alerts", "without a message", promises.UNTOLD)
        alerts = {row[0] for row in connection.execute(promises.ALERTS)}
        if lost := sorted(self._alerts - alerts):
            self._counts.violation("lost alerts", f"seen, and gone: {lost[:5]}")
        self._alerts |= alerts

    def _expect_none(
        self, connection: psycopg.Connection[Any], kind: str, name: str, query: str
    ) -> None:
        if rows := connection.execute(query).fetchall():
            self._counts.violation(kind, f"{name}: {len(rows)} rows, such as {rows[0]}")

    def _read(self, name: str, question: Question) -> None:
        connection: psycopg.Connection[Any] | None = None
        while not self._over.wait(PAUSE_SECONDS):
            try:
                connection = connection or self._connect()
                question(connection)
                self._counts.count(self._counts.reads, name)
            except LOST:
                self._counts.count(self._counts.troubles, "reads broken off")
                _close(connection)
                connection = None
            except Exception as error:
                self._counts.violation("other", f"a reader of {name}: {error!r}")
                _close(connection)
                connection = None
        _close(connection)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url(),
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            options=f"-c meta_ads.now={self._now()}",
        )


def _close(connection: psycopg.Connection[Any] | None) -> None:
    if connection is not None:
        connection.close()


def _contents(connection: psycopg.Connection[Any], relation: str) -> str:
    rows = sql.SQL("select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from {} t")
    row = connection.execute(rows.format(sql.Identifier(*relation.split(".")))).fetchone()
    return str(row[0]) if row else ""
