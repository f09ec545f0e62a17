"""The processes that settle answers for a collection, as many as the settings say.

Each settles one group at a time; a thread of the collection leads the conversation with it.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from orchestration.clients.model import Client
from orchestration.collection.settling.conversation import Conversation
from orchestration.collection.settling.deleted_campaigns import CampaignsApi
from orchestration.collection.settling.messages import Setup
from orchestration.collection.settling.outcome import Received, Settlement
from orchestration.collection.settling.worker import serve
from orchestration.process.channel import Channel
from orchestration.process.current_folder import current_folder
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
            folder=current_folder(),
            log_level=logging.getLogger("orchestration").getEffectiveLevel(),
        )
        self._api, self._suite_results, self.most = api, suite_results, most
        self._idle: list[Conversation] = []
        self._busy: dict[Future[Settlement], Conversation] = {}
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
        worker = self._idle_worker() or self._new()
        if worker is None:
            return False
        self._busy[self._threads.submit(worker.settle, group)] = worker
        return True

    def finish(self, done: "Future[Settlement]") -> Settlement:
        """The result of a group that was settled."""
        worker, settlement = self._busy.pop(done), done.result()
        if worker.is_usable:
            self._idle.append(worker)
        else:
            worker.close(END_SECONDS)
        if settlement.untouched and not worker.is_ready:
            # What keeps one from its work keeps others from it, too.
            self.most = len(self._idle) + len(self._busy)
        return settlement

    def rest(self) -> list[Settlement]:
        """What became of the groups under way when the processes were ended by `close`."""
        done, _ = wait(self._busy, END_SECONDS)
        return [future.result() for future in done if not future.cancelled()]

    def close(self) -> None:
        """End every process, and wait until it is gone; what it has not committed is undone."""
        for worker in (*self._idle, *self._busy.values()):
            worker.close(END_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _idle_worker(self) -> Conversation | None:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_there:
                return worker
            # Nothing that it is given could be the reason why it ended.
            log.error("A process that settles answers ended while it had nothing to do")
            worker.close(END_SECONDS)
        return None

    def _new(self) -> Conversation | None:
        if len(self._busy) >= self.most:
            return None
        end = fork_suite_process(serve)
        if end is None:
            self.most = len(self._busy)
            return None
        return Conversation(Channel(end), self._setup, self._api, self._suite_results)
