"""Collects windows: asks, has the answers judged, keeps them; several clients at a time.

The calls run in threads. The answers of several windows are settled together: by the calling thread
where there are few, else by processes. A client that fails leaves a record and does not affect the
others. Days that another collection asks for are waited for, and left out once it has tried them.
"""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import sleep
from typing import Any

import psycopg

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.claimed_days import ClaimedDays
from orchestration.collection.fetcher import Fetcher, levels_of
from orchestration.collection.settling.lost import committed_outcome, committed_outcomes
from orchestration.collection.settling.outcome import Outcome, Settlement, WindowTask
from orchestration.collection.settling.settler import Settler
from orchestration.collection.settling.settling import Settling, processes_for
from orchestration.collection.settling.workers import Workers
from orchestration.collection.waiting import WaitingWindows
from orchestration.meta_api.errors import (
    MetaApiError,
    ThrottledError,
    TransientError,
    UnusableAnswerError,
)
from orchestration.progress import Progress
from orchestration.quality.answer import Answer
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import record_failure
from orchestration.warehouse.ledger.claims import Claim
from orchestration.warehouse.ledger.clients import known_clients
from orchestration.warehouse.ledger.recovery_file import log_batch

WAIT_SECONDS = 1.0
"""How long an answer is waited for before the other work of the loop is done. It is also the pause
before days that others have claimed are tried again."""
CLAIMED_AHEAD = 2
"""Windows are claimed in groups of so many for each call that may be under way."""
MAX_THREADS = 64
"""Windows under way at once, including those that only wait for a pause to end."""

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Collector:
    """One collection of windows.

    Attributes:
        connection: to the warehouse, in autocommit; each write is a transaction of its own.
        claim: keeps other collections away from the same days.
        latest_receipt: the ledger's latest when the work was planned; what was tried after it is
            not tried again.
        account_errors: by client id, why Meta did not say what the account is. The windows of
            these clients are recorded as failed.
        outcomes: of all windows, in the order in which they ended.
        on_change: called whenever days were kept whose contents are new.
    """

    settings: Settings
    clients: Sequence[Client]
    fetcher: Fetcher
    connection: Connection
    progress: Progress
    run_id: str
    claim: Claim
    latest_receipt: int = 0
    account_errors: dict[str, MetaApiError] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    suite_results: SuiteResults = field(default_factory=SuiteResults)
    on_change: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self._by_id = {client.client_id: client for client in self.clients}
        self._known = {k.client_id: k for k in known_clients(self.connection, list(self._by_id))}
        self._claimed = ClaimedDays(
            connection=self.connection,
            clients=self._by_id,
            claim=self.claim,
            latest_receipt=self.latest_receipt,
            about={"run_id": self.run_id, "api_version": self.settings.api_version},
        )
        self._waiting = WaitingWindows(
            self._claimed,
            lambda client_id: self.fetcher.has_to_pause(self._by_id[client_id]),
            self.progress,
            group=CLAIMED_AHEAD * self.settings.concurrency,
        )
        self._running: dict[Future[Answer], WindowTask] = {}
        self._unreachable: dict[str, TransientError] = {}
        self._pool = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="meta-api")

    def collect(self, windows: Sequence[Window]) -> list[Outcome]:
        """Collect every window once; returns the outcomes in the order in which they ended.

        If it is interrupted, all calls are broken off: what was settled by then is kept, the rest
        is still owed.
        """
        count = sum(len(window.days) for window in windows)
        self.progress.stage("Collecting", count, "client-day")
        self._waiting.add(windows)
        settling = self._new_settling(len(windows))
        # Pages make millions of objects, and each search for garbage among them would look through
        # all that is loaded, too: a seventh of the time that reading takes, more beside Dagster.
        gc.freeze()
        try:
            while self._is_busy(settling) or self._waiting.held_by_others:
                self.fetcher.share_limits(self.connection)
                self._start_waiting_windows(settling)
                self._receive_answers(settling)
                for settlement in settling.settle(more_come=bool(self._running)):
                    self._note(settlement)
                self._claimed.renew()
                self._try_held_windows_again(settling)
        except BaseException as error:
            self.fetcher.cancel()
            if isinstance(error, Exception):
                for outcome in committed_outcomes(self.settings, self.connection, settling.end()):
                    self._end(outcome)
            raise
        finally:
            gc.unfreeze()
            settling.close()
            self._pool.shutdown(wait=False, cancel_futures=True)
            # A broken connection cannot do this: the claims are free once this process is gone.
            with suppress(psycopg.Error):
                self._claimed.release_all()
        return self.outcomes

    def _new_settling(self, windows: int) -> Settling:
        """Processes settle the answers where they are enough for several groups."""
        settler = Settler(
            settings=self.settings,
            connection=self.connection,
            api=self.fetcher,
            clients=self._by_id,
            claim=self.claim,
            suite_results=self.suite_results,
        )
        workers = Workers(
            settings=self.settings,
            clients=self._by_id,
            claim=self.claim,
            api=self.fetcher,
            suite_results=self.suite_results,
            most=processes_for(windows, self.settings.workers),
        )
        return Settling(settler, workers, windows)

    def _is_busy(self, settling: Settling) -> bool:
        """Whether there is anything to do but to wait for other collections."""
        return bool(self._waiting or self._running or settling.is_busy)

    def _start_waiting_windows(self, settling: Settling) -> None:
        while self._waiting and settling.has_room and self._has_room():
            under_way = Counter(task.window.client_id for task in self._running.values())
            if (task := self._waiting.next_task(under_way)) is not None:
                self._ask(task)

    def _has_room(self) -> bool:
        """Whether another window may start; windows that only wait for a pause take no room."""
        room = self.settings.concurrency + self.fetcher.traffic.sleeping
        return len(self._running) < min(room, MAX_THREADS)

    def _ask(self, task: WindowTask) -> None:
        """Ask for a window, or a deeper level about single days of it, in a thread."""
        client = self._by_id[task.window.client_id]
        if (reason := self._reason_not_to_ask(client)) is not None:
            self._fail(task, reason)
            return
        if task.question is not None:
            future = self._pool.submit(self.fetcher.ask_deeper_level, client, task.question)
        else:
            known = self._known[client.client_id]
            future = self._pool.submit(
                self.fetcher.answer, client, task.window, task.batch_id, known
            )
        self._running[future] = task

    def _reason_not_to_ask(self, client: Client) -> MetaApiError | None:
        """Why a call for this client would certainly be useless; None if it may work."""
        if client.client_id in self.account_errors:
            return self.account_errors[client.client_id]
        if len(self._unreachable) >= max(2, min(self.settings.concurrency, len(self.clients))):
            latest = list(self._unreachable.values())[-1]
            return TransientError(f"not asked: {latest}, for several clients in a row")
        return None

    def _receive_answers(self, settling: Settling) -> None:
        """Wait until a call or a group is done, and take in the answers that came."""
        under_way: list[Future[Any]] = [*self._running, *settling.under_way]
        if not under_way:
            return
        done, _ = wait(under_way, WAIT_SECONDS, return_when=FIRST_COMPLETED)
        for future in done & self._running.keys():
            task = self._running.pop(future)
            try:
                answer = future.result()
            except MetaApiError as error:
                self._note_error(task, error)
                continue
            self._unreachable.clear()
            task.calls += answer.calls
            task.duplicates += answer.duplicates
            settling.add((task, answer))

    def _note_error(self, task: WindowTask, error: MetaApiError) -> None:
        # A throttled account can be reached, and says nothing about the others.
        if isinstance(error, TransientError) and not isinstance(error, ThrottledError):
            self._unreachable[task.window.client_id] = error
        task.calls += error.calls
        self._fail(task, error)

    def _note(self, settlement: Settlement) -> None:
        """Note what became of a group of answers, and ask again where that is wanted."""
        for outcome in settlement.outcomes:
            self._end(outcome)
        for task, error in settlement.failed:
            self._fail(task, error)
        for task in settlement.ask_again:
            self._ask(task)
        for task in settlement.lost:
            self._note_lost(task)

    def _end(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.progress.step(outcome.window.client_id, len(outcome.window.days))
        if self.on_change and outcome.promotion and outcome.promotion.changed:
            self.on_change()

    def _note_lost(self, task: WindowTask) -> None:
        """Find out what became of a window whose process is gone; ask again once if nothing."""
        if (outcome := committed_outcome(self.settings, self.connection, task)) is not None:
            self._end(outcome)
        elif task.was_lost:
            reason = "the process that judged and kept the answer ended twice, without an error"
            self._fail(task, UnusableAnswerError(reason))
        else:
            self._ask(replace(task, question=None, was_lost=True))

    def _try_held_windows_again(self, settling: Settling) -> None:
        """When nothing else is left, try the days that another collection is asking for."""
        held = self._waiting.held_by_others
        if not held or self._is_busy(settling):
            return
        log.info("%d windows are being collected by another process", len(held))
        sleep(WAIT_SECONDS)
        self._waiting.try_held_again()

    def _fail(self, task: WindowTask, error: MetaApiError) -> None:
        """Record that a window got no answer, or one that cannot be kept."""
        client, window = self._by_id[task.window.client_id], task.window
        log.error("%s %s..%s: %s", client.client_id, window.since, window.until, error)
        with self.connection.transaction():
            record_failure(
                self.connection,
                client_id=client.client_id,
                batch_id=task.batch_id,
                levels=levels_of(client),
                error=error,
                attempts=[{"at": a.at.isoformat(), "error": a.error} for a in error.attempts],
                calls=task.calls,
            )
            self._claimed.release(window)
        self.outcomes.append(
            Outcome(window=window, batch_id=task.batch_id, calls=task.calls, error=error)
        )
        log_batch(self.settings, self.connection, "collection", task.batch_id)
        self.progress.step(f"{client.client_id} failed", len(window.days))
