"""What a collection and the processes that settle its answers say to each other."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.clients.model import Client
from orchestration.collection.settling.outcome import Received, Result
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.data_docs.results import CheckedSuite
from orchestration.settings import Settings
from orchestration.warehouse.ledger.claims import Claim


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The first message to a process: for whom it works. Log lines below `log_level` are not sent.

    `folder` is the collection's current folder: the warehouse's URL may name files relative to it
    (None: it was deleted).
    It holds secrets, which therefore are in no argument and no environment of the process.
    """

    settings: Settings
    clients: Mapping[str, Client]
    claim: Claim
    folder: Path | None
    log_level: int


@dataclass(frozen=True)
class Handed:
    """An answer of the next group: one by one they are sent, so that each may fail alone."""

    received: Received


@dataclass(frozen=True)
class SettleGroup:
    """The answers that were handed over are to be settled together."""


@dataclass(frozen=True)
class Reply:
    """The answer to an `ApiCall`: what the method returned, or the error that it raised."""

    value: Any = None
    error: MetaApiError | None = None


@dataclass(frozen=True)
class Ready:
    """The process has a connection to the warehouse."""


@dataclass(frozen=True)
class Unusable:
    """The process has no connection to the warehouse, and ends; the text says why."""

    reason: str


@dataclass(frozen=True)
class LogLine:
    """A record for the log of the collection."""

    record: logging.LogRecord


@dataclass(frozen=True)
class ApiCall:
    """A method of `CampaignsApi` that the collection is to call: it alone talks to the API."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Settled:
    """What became of the next answer of the group."""

    result: Result


@dataclass(frozen=True)
class Finished:
    """Every answer of the group is settled; `suites` are what its suites gave."""

    suites: Sequence[CheckedSuite]


@dataclass(frozen=True)
class Broken:
    """An error that concerns no single answer; the process ends."""

    error: Exception
