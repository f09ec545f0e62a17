"""Collect windows: ask, land, judge, promote; several clients at a time, each on its own feet.

The calls run in threads; the gate and the database stay in the calling thread, which judges the
answers of several windows in one go. A client that fails leaves a record and harms no other. Days
that another collection is asking for are waited for, and left out once it has tried them.
"""

import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from time import monotonic, sleep

import psycopg

from orchestration.answers.window import Window, windows_of
from orchestration.clients.model import Client
from orchestration.collection.fetcher import Fetcher, levels_of
from orchestration.collection.settler import Outcome, Settler, Task
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import MetaApiError, ThrottledError, TransientError
from orchestration.progress import Progress
from orchestration.quality.answer import Answer
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import open_batch, record_failure
from orchestration.warehouse.ledger.claims import (
    Claim,
    claim_days,
    release_all,
    release_days,
    renew_claims,
)
from orchestration.warehouse.ledger.clients import known_clients
from orchestration.warehouse.ledger.owed import days_tried_since
from orchestration.warehouse.ledger.recovery_file import log_batch

GROUP_WINDOWS = 24
"""Answers judged together: enough to share the suites' fixed cost, few enough for memory."""
GROUP_ROWS = 40_000
"""... and no more rows than this, once they are there."""
GROUP_SECONDS = 15.0
"""... nor later than this after the group before: what waits is lost if the process dies."""
WAIT_SECONDS = 1.0
"""How often it is looked whether a pause of some account has made room for others."""
RENEW_SECONDS = 60.0
"""How often the claims are renewed."""
MOST_THREADS = 64
"""Windows under way at once, those that only wait included."""

log = logging.getLogger(__name__)


@dataclass
class Collector:
    """One collection; `connection` is in autocommit, each write a transaction of its own.

    `silent` are clients that did not even say who they are: their windows are recorded as failed.
    `latest_receipt` is the ledger's latest when the work was planned: what was tried after it is
    not tried again. `claim` keeps other collections away.
    """

    settings: Settings
    clients: Sequence[Client]
    fetcher: Fetcher
    connection: Connection
    progress: Progress
    run_id: str
    claim: Claim
    latest_receipt: int = 0
    silent: dict[str, MetaApiError] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    suite_results: SuiteResults = field(default_factory=SuiteResults)

    def __post_init__(self) -> None:
        self._by_id = {client.client_id: client for client in self.clients}
        self._settler = Settler(
            self.connection, self.fetcher, self._by_id, self.claim, self.suite_results
        )
        self._facts = {c.client_id: c for c in known_clients(self.connection, list(self._by_id))}
        self._unanswered: dict[str, TransientError] = {}
        self._renewed = self._judged = monotonic()

    def collect(self, windows: Sequence[Window]) -> list[Outcome]:
        """Every window once; the outcomes in the order in which they ended.

        Ended early, it breaks off all calls: what was judged by then is kept, the rest is owed.
        """
        self.progress.stage("Collecting", sum(len(window.days) for window in windows))
        waiting = deque(windows)
        held: list[Window] = []
        running: dict[Future[Answer], Task] = {}
        ready: list[tuple[Task, Answer]] = []
        pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="meta-api")
        try:
            while waiting or held or running or ready:
                while waiting and self._has_room(running):
                    tasks, busy = self._open(self._next(waiting, running))
                    held += busy
                    for task in tasks:
                        self._ask(pool, running, task)
                if running:
                    done, _ = wait(running, WAIT_SECONDS, return_when=FIRST_COMPLETED)
                    ready += [
                        (task, answer)
                        for future in done
                        if (answer := self._received(task := running.pop(future), future))
                    ]
                if self._is_enough(ready) or not running:
                    for task in self._settled(ready):
                        self._ask(pool, running, task)
                    ready = []
                self._renew()
                if held and not (waiting or running or ready):
                    waiting, held = self._wait_for_others(held), []
        except BaseException:
            self.fetcher.cancel()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            # A broken connection cannot: the claims are free once this process is gone.
            with suppress(psycopg.Error):
                release_all(self.connection, self.claim)
        return self.outcomes

    def _is_enough(self, ready: Sequence[tuple[Task, Answer]]) -> bool:
        rows = sum(answer.row_count for _, answer in ready)
        is_late = bool(ready) and monotonic() - self._judged > GROUP_SECONDS
        return len(ready) >= GROUP_WINDOWS or rows >= GROUP_ROWS or is_late

    def _renew(self) -> None:
        if monotonic() - self._renewed > RENEW_SECONDS:
            renew_claims(self.connection, self.claim)
            self._renewed = monotonic()

    def _wait_for_others(self, held: Sequence[Window]) -> deque[Window]:
        log.info("%d windows are being collected by another process", len(held))
        sleep(WAIT_SECONDS)
        return deque(held)

    def _has_room(self, running: Mapping[Future[Answer], Task]) -> bool:
        """Room for another window: one that only waits for its account takes none."""
        room = self.settings.concurrency + self.fetcher.traffic.sleeping
        return len(running) < min(room, MOST_THREADS)

    def _next(self, waiting: deque[Window], running: Mapping[Future[Answer], Task]) -> Window:
        """The first window of an account that need not pause and has the fewest under way."""
        under_way = Counter(task.window.client_id for task in running.values())
        chosen = min(
            range(len(waiting)),
            key=lambda place: (
                self.fetcher.has_to_pause(self._by_id[waiting[place].client_id]),
                under_way[waiting[place].client_id],
                place,
            ),
        )
        window = waiting[chosen]
        del waiting[chosen]
        return window

    def _open(self, window: Window) -> tuple[list[Task], list[Window]]:
        """Claim the days of a window and note that they are asked for.

        Returns what is to be asked, and the days that another collection has in hand.
        """
        client_id = window.client_id
        client = self._by_id[client_id]
        about = {"run_id": self.run_id, "api_version": self.settings.api_version}
        with self.connection.transaction():
            ours = claim_days(self.connection, self.claim, client_id, window.days)
            # Read again, now that nobody else can be at it.
            tried = days_tried_since(self.connection, client_id, ours, self.latest_receipt)
            release_days(self.connection, self.claim, client_id, sorted(tried))
            parts = _parts(client_id, [day for day in ours if day not in tried])
            tasks = [
                Task(
                    part,
                    open_batch(self.connection, client_id, part.days, levels_of(client), about),
                )
                for part in parts
            ]
        if tried:
            self.progress.step(f"{client_id} was collected meanwhile", len(tried))
        return tasks, _parts(client_id, [day for day in window.days if day not in ours])

    def _ask(
        self, pool: ThreadPoolExecutor, running: dict[Future[Answer], Task], task: Task
    ) -> None:
        client = self._by_id[task.window.client_id]
        if (reason := self._pointless(client)) is not None:
            self._fail(task, reason)
            return
        if task.question is not None:
            running[pool.submit(self.fetcher.ask_below, client, task.question)] = task
            return
        known = self._facts[client.client_id]
        facts = AccountFacts(
            client.ad_account_id, client.name, known.currency or "", known.timezone_name or "UTC"
        )
        future = pool.submit(self.fetcher.answer, client, task.window, task.batch_id, facts)
        running[future] = task

    def _pointless(self, client: Client) -> MetaApiError | None:
        """Why asking for this client would only waste a call."""
        if client.client_id in self.silent:
            return self.silent[client.client_id]
        if len(self._unanswered) >= max(2, min(self.settings.concurrency, len(self.clients))):
            latest = list(self._unanswered.values())[-1]
            return TransientError(f"not asked: {latest}, for several clients in a row")
        return None

    def _received(self, task: Task, future: Future[Answer]) -> Answer | None:
        try:
            answer = future.result()
        except MetaApiError as error:
            # A throttled account is alive, and says nothing about the others.
            if isinstance(error, TransientError) and not isinstance(error, ThrottledError):
                self._unanswered[task.window.client_id] = error
            task.calls += error.calls
            self._fail(task, error)
            return None
        self._unanswered.clear()
        task.calls += answer.calls
        task.duplicates += answer.duplicates
        return answer

    def _settled(self, ready: Sequence[tuple[Task, Answer]]) -> list[Task]:
        """Judge and keep; returns what is to be read once more."""
        done = self._settler.settle(ready)
        for outcome in done.outcomes:
            self.outcomes.append(outcome)
            self.progress.step(outcome.window.client_id, len(outcome.window.days))
        for task, error in done.failed:
            self._fail(task, error)
        self._judged = monotonic()
        return done.again

    def _fail(self, task: Task, error: MetaApiError) -> None:
        client = self._by_id[task.window.client_id]
        log.error("%s %s..%s: %s", client.client_id, task.window.since, task.window.until, error)
        with self.connection.transaction():
            record_failure(
                self.connection,
                client.client_id,
                task.batch_id,
                levels_of(client),
                error,
                [{"at": a.at.isoformat(), "error": a.error} for a in error.attempts],
                calls=task.calls,
            )
            release_days(self.connection, self.claim, client.client_id, task.window.days)
        self.outcomes.append(Outcome(task.window, task.batch_id, calls=task.calls, error=error))
        log_batch(self.settings, self.connection, "collection", task.batch_id)
        self.progress.step(f"{client.client_id} failed", len(task.window.days))


def _parts(client_id: str, days: Sequence[date]) -> list[Window]:
    return windows_of(client_id, days, max(1, len(days)))
