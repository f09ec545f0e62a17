"""One process that settles answers, seen from the collection: what is sent, and what comes.

A thread of the collection leads the conversation: it sends a group, makes the calls that the
process asks for, and takes the results.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from typing import Any

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
from orchestration.meta_api.errors import MetaApiError, UnusableAnswerError
from orchestration.process.channel import LOST, Channel, pack
from orchestration.quality.data_docs.results import SuiteResults

log = logging.getLogger(__name__)


class Conversation:
    """The conversation with one process."""

    def __init__(
        self, channel: Channel, setup: Setup, api: CampaignsApi, suite_results: SuiteResults
    ) -> None:
        self._channel, self._setup = channel, setup
        self._api, self._suite_results = api, suite_results
        self.is_ready = False
        self.is_usable = True

    @property
    def is_there(self) -> bool:
        """Whether the process has not ended."""
        return self._channel.is_open

    def settle(self, received: list[Received]) -> Settlement:
        """Have the process settle answers; `received` is emptied once they are sent.

        What it raises about no single answer is the `error` of the settlement.
        """
        settlement = Settlement()
        try:
            if not self._begin():
                settlement.untouched = received
            elif tasks := self._hand_over(received, settlement):
                self._take_results(tasks, settlement)
        except Exception as error:
            self.is_usable = False
            settlement.error = error
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

    def _hand_over(self, received: list[Received], settlement: Settlement) -> list[WindowTask]:
        """Send answers, and note those that cannot be sent; returns the tasks of the others."""
        tasks = []
        try:
            for task, answer in received:
                # The process asks nothing again, and the question holds a whole answer.
                task = replace(task, question=None)
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
        except LOST as error:
            self._give_up(f"was gone ({type(error).__name__})")
            _note_not_handed_over(received, settlement)
            return []
        # They are in the process now: no answer takes memory twice.
        received.clear()
        return tasks

    def _take_results(self, tasks: list[WindowTask], settlement: Settlement) -> None:
        """Note what became of each task; those of which it is not known are lost."""
        settled = 0
        try:
            while (result := self._next_result()) is not None:
                settlement.add(tasks[settled], result)
                settled += 1
        except LOST as error:
            self._give_up(f"is gone ({type(error).__name__})")
        finally:
            settlement.lost = tasks[settled:]

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
                    self._channel.send_packed(self._called(method, arguments))
                case Broken(error):
                    raise error
                case message:
                    return message

    def _called(self, method: str, arguments: tuple[Any, ...]) -> bytes:
        """The message with what a call gave; an odd answer to it is an error of one client."""
        try:
            with isolated("read"):
                value = getattr(self._api, method)(*arguments)
                return pack(Reply(value if isinstance(value, set) else [*value]))
        except MetaApiError as error:
            return pack(Reply(error=error))


def _note_not_handed_over(received: list[Received], settlement: Settlement) -> None:
    """Note a group whose process died while it read it, maybe because of one of its answers.

    It was not told to settle them, so nothing is kept. Each is handed over once more, alone.
    """
    unsendable = {task.batch_id for task, _ in settlement.failed}
    for task, answer in received:
        if task.was_lost:
            reason = "the process that judges and keeps answers ended twice while it read this one"
            settlement.add(task, UnusableAnswerError(reason))
        elif task.batch_id not in unsendable:
            settlement.untouched.append((replace(task, was_lost=True), answer))
