"""A process that settles answers for a collection, with a connection of its own.

It is a copy of the process that runs the suites. It ends when the collection closes the channel or
is gone, at whatever point it is: an open transaction is rolled back then.
"""

import logging
import os
import pickle
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from datetime import date
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

from orchestration.clients.model import Client
from orchestration.collection.isolation import isolated
from orchestration.collection.settling.deleted_campaigns import Row
from orchestration.collection.settling.messages import (
    ApiCall,
    Broken,
    Finished,
    Handed,
    LogLine,
    Ready,
    Reply,
    Settled,
    Setup,
    Unusable,
)
from orchestration.collection.settling.outcome import Received, Result
from orchestration.collection.settling.settler import Settler
from orchestration.errors import MetaAdsError, UnreachableError
from orchestration.meta_api.errors import MetaApiError
from orchestration.process.channel import LOST, Channel, pack
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.warehouse.connection import connect

log = logging.getLogger(__name__)


def serve(end: socket.socket) -> None:
    """Settle the groups that come over a socket until its other end is closed."""
    channel = Channel(end)
    incoming: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_receive, args=(channel, incoming), daemon=True).start()
    try:
        _settle_groups(channel, incoming)
    except Exception as error:
        if not isinstance(error, MetaAdsError):
            # Its traceback does not go along with it.
            log.exception("a process that settles answers breaks off")
        with suppress(*LOST):
            channel.send(Broken(_sendable(error)))
        # What was sent is still to be read; the thread ends the process.
        threading.Event().wait()


def _receive(channel: Channel, incoming: "SimpleQueue[Any]") -> None:
    """Pass on messages; end the process where the collection closed the channel, or is gone."""
    while True:
        try:
            incoming.put(channel.receive())
        except BaseException:
            # Whatever it is, this thread alone notices that the collection is gone.
            os._exit(0)


def _settle_groups(channel: Channel, incoming: "SimpleQueue[Any]") -> None:
    setup: Setup = incoming.get()
    _log_to(channel, setup.log_level)
    suite_results, is_ready = SuiteResults(), False
    try:
        if setup.folder is not None:
            os.chdir(setup.folder)
    except OSError as error:
        channel.send(Unusable(str(error)))
        threading.Event().wait()
    try:
        with connect(setup.settings, autocommit=True) as connection:
            is_ready = True
            channel.send(Ready())
            settler = Settler(
                settings=setup.settings,
                connection=connection,
                api=_ApiOfCollection(channel, incoming),
                clients=setup.clients,
                claim=setup.claim,
                suite_results=suite_results,
            )
            while True:
                _settle(channel, settler, _next_group(incoming))
    except UnreachableError as error:
        if is_ready:
            raise
        channel.send(Unusable(str(error)))
        threading.Event().wait()


def _next_group(incoming: "SimpleQueue[Any]") -> list[Received]:
    """Wait for answers until they are to be settled."""
    group: list[Received] = []
    while isinstance(message := incoming.get(), Handed):
        group.append(message.received)
    return group


def _settle(channel: Channel, settler: Settler, group: list[Received]) -> None:
    known = len(settler.suite_results.suites)
    for result in settler.settle(group):
        channel.send_packed(_packed(result))
    channel.send(Finished(settler.suite_results.suites[known:]))


def _packed(result: Result) -> bytes:
    """The message about a result; a task with an answer that cannot be sent is a failure."""
    try:
        with isolated("handed over"):
            return pack(Settled(result))
    except MetaApiError as error:
        return pack(Settled(error))


class _ApiOfCollection:
    """Has the collection call the API, because it alone keeps to the limits of calls."""

    def __init__(self, channel: Channel, incoming: "SimpleQueue[Any]") -> None:
        self._channel, self._incoming = channel, incoming

    def listed_deleted_campaigns(self, client: Client) -> Iterable[Row]:
        """The account's deleted campaigns, as far as Meta lists them."""
        rows: Iterable[Row] = self._call("listed_deleted_campaigns", client)
        return rows

    def deleted_campaigns(self, client: Client, campaign_ids: Iterable[str]) -> set[str]:
        """The campaigns among these that Meta calls deleted."""
        deleted: set[str] = self._call("deleted_campaigns", client, [*campaign_ids])
        return deleted

    def campaign_rows(
        self, client: Client, campaign_id: str, level: str, since: date, until: date
    ) -> Iterable[Row]:
        """Rows of one campaign, asked for by its id."""
        rows: Iterable[Row] = self._call("campaign_rows", client, campaign_id, level, since, until)
        return rows

    def _call(self, method: str, *arguments: Any) -> Any:
        self._channel.send(ApiCall(method, arguments))
        reply: Reply = self._incoming.get()
        if reply.error is not None:
            raise reply.error
        return reply.value


def _log_to(channel: Channel, level: int) -> None:
    """Send log lines to the collection, which knows where to and what to hide."""
    handler = _ToCollection(channel)
    # What the library says of its own work was never in the log.
    handler.addFilter(lambda record: not record.name.startswith("great_expectations"))
    logging.getLogger().handlers = [handler]
    logging.getLogger("orchestration").setLevel(level)


class _ToCollection(QueueHandler):
    """Sends records in a form without arguments and tracebacks, which may not be sendable."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(SimpleQueue())
        self._channel = channel

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """A copy of a record in which the arguments and the traceback are text."""
        sent = copy(record)
        sent.msg, sent.args = record.getMessage(), None
        if record.exc_info:
            sent.exc_text = logging.Formatter().formatException(record.exc_info)
        sent.exc_info = None
        return sent

    def enqueue(self, record: logging.LogRecord) -> None:
        """Send a record."""
        self._channel.send(LogLine(record))


def _sendable(error: Exception) -> Exception:
    """The error itself if it can be sent and is not taken for a lost process, else its text."""
    with suppress(Exception):
        pickle.loads(pickle.dumps(error))
        if not isinstance(error, LOST):
            return error
    return MetaAdsError(f"{type(error).__name__}: {error}")
