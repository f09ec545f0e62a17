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
from datetime import date
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

from orchestration.clients.model import Client
from orchestration.collection.settling.deleted_campaigns import Row
from orchestration.collection.settling.messages import (
    ApiCall,
    Broken,
    Finished,
    Group,
    LogLine,
    Ready,
    Reply,
    Settled,
    Setup,
    Unusable,
)
from orchestration.collection.settling.settler import Settler
from orchestration.errors import MetaAdsError, UnreachableError
from orchestration.process.channel import LOST, Channel
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.warehouse.connection import connect


def serve(end: socket.socket) -> None:
    """Settle the groups that come over a socket until its other end is closed."""
    channel = Channel(end)
    incoming: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_receive, args=(channel, incoming), daemon=True).start()
    try:
        _settle_groups(channel, incoming)
    except Exception as error:
        with suppress(OSError):
            channel.send(Broken(_sendable(error)))
        # What was sent is still to be read; the thread ends the process.
        threading.Event().wait()


def _receive(channel: Channel, incoming: "SimpleQueue[Any]") -> None:
    """Pass on messages; end the process where the collection closed the channel, or is gone."""
    while True:
        try:
            incoming.put(channel.receive())
        except LOST:
            os._exit(0)


def _settle_groups(channel: Channel, incoming: "SimpleQueue[Any]") -> None:
    setup: Setup = incoming.get()
    _log_to(channel, setup.log_level)
    suite_results, is_ready = SuiteResults(), False
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
                _settle(channel, settler, incoming.get())
    except UnreachableError as error:
        if is_ready:
            raise
        channel.send(Unusable(str(error)))
        threading.Event().wait()


def _settle(channel: Channel, settler: Settler, group: Group) -> None:
    known = len(settler.suite_results.suites)
    for result in settler.settle(group.received):
        channel.send(Settled(result))
    channel.send(Finished(settler.suite_results.suites[known:]))


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
    """Send every log line to the collection, which knows where to and what to hide."""
    root = logging.getLogger()
    root.handlers = [_ToCollection(channel)]
    root.setLevel(level)


class _ToCollection(QueueHandler):
    """Sends records in a form without arguments and tracebacks, which may not be sendable."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(SimpleQueue())
        self._channel = channel

    def enqueue(self, record: logging.LogRecord) -> None:
        """Send a record."""
        self._channel.send(LogLine(record))


def _sendable(error: Exception) -> Exception:
    """The error itself if it can be sent, else one with its text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return MetaAdsError(f"{type(error).__name__}: {error}")
    return error
