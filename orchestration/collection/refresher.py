"""Answers reads that found no fresh value: refreshes the clients that they ask for."""

import logging
import time
from collections.abc import Sequence

from orchestration.clients import Client
from orchestration.collection.current_month import refresh_current_month
from orchestration.errors import UnreachableError
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.current_month import (
    REFRESHER,
    REQUESTED,
    beat,
    requested_refreshes,
)

BEAT_SECONDS = 15
"""How often it says that it lives, and looks for requests that it did not hear."""
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
                refresh_current_month(settings, clients, wanted)
                _close(settings, wanted)
            for _ in connection.notifies(timeout=BEAT_SECONDS, stop_after=1):
                pass


def _close(settings: Settings, wanted: Sequence[str]) -> None:
    """Requests for clients that do not advertise today would be asked again and again."""
    with connect(settings) as connection:
        connection.execute(
            "update serving.cache_refreshes set (attempted_at, error) "
            "= (clock_timestamp(), 'the client does not advertise today') "
            "where client_id = any(%s) and requested_at > coalesce(attempted_at, '-infinity') "
            "and client_id not in (select client_id from serving.cached_clients)",
            [list(wanted)],
        )
