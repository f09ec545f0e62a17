"""Refreshes the running month: the published days, and the days after them collected just now.

The same gate judges the answers. Only one row per client of `serving.current_month_cache` is kept,
so that no receipt says that today was collected.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from orchestration.clients.model import Client
from orchestration.collection.api_access import check_tokens
from orchestration.collection.fetcher import Fetcher, usage_of_clients
from orchestration.collection.isolation import isolated, judge_isolated
from orchestration.current_month.cache import (
    RunningMonth,
    note_refresh,
    published_part,
    running_months,
    write_row,
)
from orchestration.current_month.task import MonthTask
from orchestration.expectations.catalogue import RULES
from orchestration.meta_api.errors import AccountChangedError, MetaApiError, UnusableAnswerError
from orchestration.progress import Progress, Silent
from orchestration.quality.answer import Answer
from orchestration.quality.verdict import Verdict
from orchestration.settings import Settings
from orchestration.warehouse.clock import database_clock
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.intake.readings import load_history
from orchestration.warehouse.ledger.api_usage import note_usage
from orchestration.warehouse.ledger.clients import known_clients
from orchestration.warehouse.ledger.summary import has_marts

GROUP_CLIENTS = 24
"""Answers judged together, as in the collection."""
NO_BATCH = 0
"""The answers are not stored, so that they belong to no batch."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshed:
    """The result of refreshes: clients with a new row, errors by client, and the calls made."""

    fresh: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    calls: int = 0


def refresh_current_month(
    settings: Settings,
    clients: Sequence[Client],
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> Refreshed:
    """Write new rows for all clients that advertise today, or for those named in `only`.

    A client whose refresh fails keeps its row; the reason is in `serving.cache_refreshes`. Calls
    are tried again by their own policy and within their budget, and by nothing else.

    Raises:
        UsageError: no token is set at all.
        UnreachableError: the warehouse cannot be reached.
    """
    check_tokens(settings, clients)
    by_id = {c.client_id: c for c in clients if not only or c.client_id in only}
    fetcher = Fetcher(settings)
    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="meta-api")
    try:
        with connect(settings, autocommit=True) as connection:
            work = _Refreshes(connection, fetcher, pool)
            work.refresh(by_id, progress or Silent())
            note_usage(connection, usage_of_clients(fetcher, by_id.values()))
    except BaseException:
        fetcher.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return replace(work.refreshed, calls=fetcher.calls)


@dataclass
class _Refreshes:
    """The refreshes of one run; `refreshed` is what they led to so far."""

    connection: Connection
    fetcher: Fetcher
    pool: ThreadPoolExecutor
    refreshed: Refreshed = field(default_factory=Refreshed)

    def refresh(self, clients: dict[str, Client], progress: Progress) -> None:
        """Refresh the clients (by id) whose running month is cached, a group at a time."""
        waiting = running_months(self.connection, list(clients))
        progress.stage("Refreshing the running month", len(waiting), "client")
        known = {k.client_id: k for k in known_clients(self.connection, list(clients))}
        is_built = has_marts(self.connection)
        for group in _groups(waiting):
            begun_at = database_clock(self.connection)
            self._refresh_group(
                [
                    MonthTask(
                        client=clients[running.client_id],
                        known=known[running.client_id],
                        running=running,
                        published=published_part(self.connection, running) if is_built else None,
                        begun_at=begun_at,
                    )
                    for running in group
                ]
            )
            progress.step("", len(group))

    def _refresh_group(self, tasks: Sequence[MonthTask]) -> None:
        answered = self._ask_all(tasks)
        verdicts = self._judge([answer for _, answer in answered])
        for (task, answer), verdict in zip(answered, verdicts, strict=True):
            if isinstance(verdict, MetaApiError) or not _split_days(answer, verdict):
                self._write(task, answer, verdict)
            else:
                self._read_once_more(task)

    def _ask_all(self, tasks: Sequence[MonthTask]) -> list[tuple[MonthTask, Answer]]:
        """The answers. A task that fails or has nothing to ask for is settled at once."""
        answered = []
        for task, answer in zip(tasks, self.pool.map(self._ask, tasks), strict=True):
            if isinstance(answer, MetaApiError):
                self._fail(task, answer)
            elif answer is None:
                self._write(task, None, None)
            else:
                answered.append((task, answer))
        return answered

    def _ask(self, task: MonthTask) -> Answer | MetaApiError | None:
        """The answer for the days that are not published; None if there are none."""
        if task.window is None:
            return None
        client, known = task.client, task.known
        if client.ad_account_id != known.ad_account_id:
            later = f"the clients file names {client.ad_account_id}: the next collection takes it"
            return AccountChangedError(known.account_refused or later)
        campaigns_only = client.model_copy(update={"levels": ("campaign",)})
        try:
            return self.fetcher.answer(campaigns_only, task.window, NO_BATCH, known)
        except MetaApiError as error:
            return error

    def _judge(self, answers: Sequence[Answer]) -> list[Verdict | UnusableAnswerError]:
        for answer in answers:
            window = answer.window
            answer.history = load_history(
                self.connection, window.client_id, window.since, window.until
            )
        return judge_isolated(answers)

    def _read_once_more(self, task: MonthTask) -> None:
        """Ask again where an answer is split, or two calls were answered at different moments."""
        answer = self._ask(task)
        if isinstance(answer, MetaApiError):
            self._fail(task, answer)
        elif answer is not None:
            self._write(task, answer, self._judge([answer])[0])

    def _write(
        self,
        task: MonthTask,
        answer: Answer | None,
        verdict: Verdict | UnusableAnswerError | None,
    ) -> None:
        """Write the row of a client, or store why there is none."""
        try:
            if isinstance(verdict, UnusableAnswerError):
                raise verdict
            with isolated("added up"):
                write_row(self.connection, task.row(answer, _left_out(answer, verdict)))
        except MetaApiError as error:
            self._fail(task, error)
        else:
            self.refreshed.fresh.append(task.running.client_id)

    def _fail(self, task: MonthTask, error: MetaApiError) -> None:
        client_id = task.running.client_id
        log.error("%s: the running month could not be refreshed: %s", client_id, error)
        note_refresh(self.connection, client_id, task.begun_at, str(error))
        self.refreshed.errors[client_id] = str(error)


def _groups(waiting: Sequence[RunningMonth]) -> Iterator[list[RunningMonth]]:
    left = iter(waiting)
    while group := list(islice(left, GROUP_CLIENTS)):
        yield group


def _left_out(answer: Answer | None, verdict: Verdict | None) -> set[date]:
    """Days of the answer that must not count: refused by the gate, or split."""
    if answer is None or verdict is None:
        return set()
    return verdict.refused_days | _split_days(answer, verdict)


def _split_days(answer: Answer, verdict: Verdict) -> set[date]:
    """Unfinished days whose campaigns came without what the account has."""
    return {
        v.date_day
        for v in verdict.violations
        if RULES[v.rule].spoils_running_day
        and v.date_day
        and v.date_day > answer.account.finished_until
    }
