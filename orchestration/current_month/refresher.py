"""Answers reads that found no fresh value: refreshes the clients that they ask for."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from orchestration.clients.model import Client
from orchestration.current_month.cache import (
    REFRESHER,
    REQUESTED,
    database_clock,
    requested_refreshes,
)
from orchestration.current_month.refresh import refresh_current_month
from orchestration.errors import UnreachableError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect, storable
from orchestration.warehouse.heartbeats import beat

LOOK_SECONDS = 15
"""How often it says that it lives, and looks for requests that it did not hear."""
BEAT_SECONDS = 60
"""The longest silence that it promises: while it refreshes it says nothing."""
AGAIN_SECONDS = 5.0
"""The pause after the warehouse was lost."""

log = logging.getLogger(__name__)


def serve_refreshes(settings: Settings, clients: Sequence[Client]) -> None:
    """Refresh what is asked for until interrupted; a lost warehouse is waited for."""
    while True:
        try:
            _listen(settings, clients)
        except UnreachableError as error:
            log.warning("%s Again in %.0f s", error, AGAIN_SECONDS)
            time.sleep(AGAIN_SECONDS)


def _listen(settings: Settings, clients: Sequence[Client]) -> None:
    with connect(settings, autocommit=True) as connection:
        connection.execute(f"listen {REQUESTED}")
        while True:
            beat(connection, REFRESHER, BEAT_SECONDS)
            if wanted := requested_refreshes(connection):
                heard_at = database_clock(connection)
                _close(connection, wanted, _refresh(settings, clients, wanted), heard_at)
            for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                pass


def _refresh(settings: Settings, clients: Sequence[Client], wanted: Sequence[str]) -> str:
    """Refresh these clients; returns why those that are left were not."""
    try:
        refresh_current_month(settings, clients, wanted)
    except UnreachableError:
        raise
    except Exception as error:
        # Whoever reads is told, and the next request is heard: a missing token may be set.
        reason = f"{type(error).__name__}: {error}"
        log.error("The refresh of %s failed: %s", ", ".join(wanted), reason)
        return reason
    return "the client does not advertise today"


def _close(connection: Connection, wanted: Sequence[str], reason: str, heard_at: datetime) -> None:
    """Requests that nothing has answered would be heard again and again."""
    connection.execute(
        "update serving.cache_refreshes set (attempted_at, error) = (clock_timestamp(), %s) "
        "where client_id = any(%s) and requested_at > coalesce(attempted_at, '-infinity') "
        "and requested_at <= %s",
        [storable(reason), list(wanted), heard_at],
    )
