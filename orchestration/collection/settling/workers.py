"""The processes that settle answers for a collection, as many as the settings say.

Each settles one group at a time. A thread of the collection leads the conversation with each: it
sends a group, makes the calls that the process asks for, and takes the results.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from orchestration.clients.model import Client
from orchestration.collection.isolation import isolated
from orchestration.collection.settling.deleted_campaigns import CampaignsApi
from orchestration.collection.settling.messages import (
    ApiCall,
    Broken,
    Finished,
    Handed,
    LogLine,
    Ready,
    Reply,
    Settled,
    SettleGroup,
    Setup,
    Unusable,
)
from orchestration.collection.settling.outcome import Received, Result, Settlement, WindowTask
from orchestration.collection.settling.worker import serve
from orchestration.meta_api.errors import MetaApiError
from orchestration.process.channel import LOST, Channel, pack
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.suite_process import fork_suite_process
from orchestration.settings import Settings
from orchestration.warehouse.ledger.claims import Claim

END_SECONDS = 5.0
"""How long the end of a process is waited for; it is told to end at once, whatever it does."""

log = logging.getLogger(__name__)


class Workers:
    """Processes that settle groups of answers; `most` is how many there may be.

    It becomes less where they cannot be started.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        clients: Mapping[str, Client],
        claim: Claim,
        api: CampaignsApi,
        suite_results: SuiteResults,
        most: int,
    ) -> None:
        self._setup = Setup(
            settings=settings,
            clients=clients,
            claim=claim,
            log_level=logging.getLogger("orchestration").getEffectiveLevel(),
        )
        self._api, self._suite_results, self.most = api, suite_results, most
        self._idle: list[_Worker] = []
        self._busy: dict[Future[Settlement], _Worker] = {}
        self._threads = ThreadPoolExecutor(max(1, most), thread_name_prefix="settling")

    @property
    def exist(self) -> bool:
        """Whether there are processes, or may be; if not, the caller settles the answers."""
        return self.most > 0

    @property
    def under_way(self) -> list["Future[Settlement]"]:
        """The groups that are being settled."""
        return [*self._busy]

    def take(self, group: list[Received]) -> bool:
        """Have a group settled; false where every process is busy, or there is none."""
        worker = self._idle.pop() if self._idle else self._new()
        if worker is None:
            return False
        self._busy[self._threads.submit(worker.settle, group)] = worker
        return True

    def finish(self, done: "Future[Settlement]") -> Settlement:
        """The result of a group that was settled.

        Raises:
            MetaAdsError, psycopg.Error: the process met an error that concerns no single answer.
        """
        worker = self._busy.pop(done)
        if done.exception() is None and worker.is_usable:
            self._idle.append(worker)
        else:
            worker.close(END_SECONDS)
        settlement = done.result()
        if settlement.untouched and not worker.is_ready:
            # What keeps one from its work keeps others from it, too.
            self.most = len(self._idle) + len(self._busy)
        return settlement

    def close(self) -> None:
        """End every process, and wait until it is gone; what it has not committed is undone."""
        for worker in (*self._idle, *self._busy.values()):
            worker.close(END_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _new(self) -> "_Worker | None":
        if len(self._busy) >= self.most:
            return None
        end = fork_suite_process(serve)
        if end is None:
            self.most = len(self._busy)
            return None
        return _Worker(Channel(end), self._setup, self._api, self._suite_results)


class _Worker:
    """One process, seen from the collection."""

    def __init__(
        self, channel: Channel, setup: Setup, api: CampaignsApi, suite_results: SuiteResults
    ) -> None:
        self._channel, self._setup = channel, setup
        self._api, self._suite_results = api, suite_results
        self.is_ready = False
        self.is_usable = True

    def settle(self, received: list[Received]) -> Settlement:
        """Have the process settle answers; `received` is emptied once they are sent.

        Raises:
            Exception: what the process raised, where it concerns no single answer.
        """
        if not self._begin():
            return Settlement(untouched=received)
        try:
            settlement, tasks = self._hand_over(received)
        except LOST as error:
            # It was not told to settle them, so it has not begun.
            self._give_up(f"was gone ({type(error).__name__})")
            return Settlement(untouched=received)
        # They are in the process now: no answer takes memory twice.
        received.clear()
        settled = 0
        try:
            while tasks and (result := self._next_result()) is not None:
                settlement.add(tasks[settled], result)
                settled += 1
        except LOST as error:
            self._give_up(f"is gone ({type(error).__name__})")
            settlement.lost = tasks[settled:]
        return settlement

    def close(self, seconds: float) -> None:
        """End the process."""
        with suppress(OSError):
            self._channel.close(seconds)

    def _begin(self) -> bool:
        """Tell the process for whom it works, if it does not know; false if it cannot work."""
        if self.is_ready:
            return True
        try:
            self._channel.send(self._setup)
            match self._next_message():
                case Ready():
                    self.is_ready = True
                case Unusable(reason):
                    self._give_up(f"has no connection: {reason}")
        except LOST as error:
            self._give_up(f"did not begin ({type(error).__name__})")
        return self.is_ready

    def _hand_over(self, received: list[Received]) -> tuple[Settlement, list[WindowTask]]:
        """Send answers; the tasks of those that were sent, and with failures those that were not.

        Raises:
            OSError, ValueError: the process is gone, and has settled nothing.
        """
        settlement, tasks = Settlement(), []
        for task, answer in received:
            try:
                with isolated("handed over"):
                    message = pack(Handed((task, answer)))
            except MetaApiError as error:
                settlement.add(task, error)
                continue
            self._channel.send_packed(message)
            tasks.append(task)
        if tasks:
            self._channel.send(SettleGroup())
        return settlement, tasks

    def _give_up(self, reason: str) -> None:
        log.error("A process that settles answers %s", reason)
        self.is_usable = False

    def _next_result(self) -> Result | None:
        """What became of the next answer; None where all of the group are settled."""
        match self._next_message():
            case Settled(result):
                return result
            case Finished(suites):
                for suite in suites:
                    if self._suite_results.has_room(broken=bool(suite.broken)):
                        self._suite_results.suites.append(suite)
        return None

    def _next_message(self) -> Any:
        """The next message about the work itself; others are dealt with on the way."""
        while True:
            match self._channel.receive():
                case LogLine(record):
                    logging.getLogger(record.name).handle(record)
                case ApiCall(method, arguments):
                    self._channel.send(self._called(method, arguments))
                case Broken(error):
                    raise error
                case message:
                    return message

    def _called(self, method: str, arguments: tuple[Any, ...]) -> Reply:
        try:
            value = getattr(self._api, method)(*arguments)
            return Reply(value if isinstance(value, set) else [*value])
        except MetaApiError as error:
            return Reply(error=error)
