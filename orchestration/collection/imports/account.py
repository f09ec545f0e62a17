"""What the client's ad account is: as the ledger has it, as Meta says, or as a person says."""

from zoneinfo import ZoneInfo

import psycopg

from orchestration.clients.model import Client
from orchestration.collection.accounts import refresh_account_facts
from orchestration.collection.fetcher import Fetcher
from orchestration.errors import UsageError
from orchestration.exports.export import Export
from orchestration.progress import Progress
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import (
    KnownClient,
    known_clients,
    save_account_facts,
)


def known_account(
    connection: Connection,
    settings: Settings,
    client: Client,
    export: Export,
    timezone_name: str | None,
    progress: Progress,
) -> KnownClient:
    """The client with currency and time zone of its account.

    Where Meta never said them, they are those of the export and `timezone_name`.

    Raises:
        UsageError: nobody knows them, or `timezone_name` is another one.
    """
    known = _read(connection, client)
    if known.account_refused:
        raise UsageError(known.account_refused)
    if known.timezone_name is None and timezone_name is not None:
        _save_told_facts(connection, client, export, timezone_name)
    elif known.timezone_name is None:
        _ask_meta(connection, settings, client, progress)
    known = _read(connection, client)
    if timezone_name not in (None, known.timezone_name):
        raise UsageError(
            f"The ad account of {known.client_id} is in the time zone {known.timezone_name}, "
            f"and not in {timezone_name}."
        )
    return known


def _read(connection: Connection, client: Client) -> KnownClient:
    (known,) = known_clients(connection, [client.client_id])
    return known


def _save_told_facts(
    connection: Connection, client: Client, export: Export, timezone_name: str
) -> None:
    if not export.currency:
        raise UsageError("The currency is not known either: say it with --currency.")
    try:
        ZoneInfo(timezone_name)
        save_account_facts(
            connection,
            client.client_id,
            name=export.account_name or client.name,
            currency=export.currency,
            timezone_name=timezone_name,
        )
    except (LookupError, ValueError, OSError, psycopg.errors.InvalidParameterValue):
        text = f"{timezone_name!r} is not a time zone such as Europe/Berlin."
        raise UsageError(text) from None


def _ask_meta(
    connection: Connection, settings: Settings, client: Client, progress: Progress
) -> None:
    errors = refresh_account_facts(connection, settings, Fetcher(settings), [client], progress)
    for error in errors.values():
        raise UsageError(
            "Meta does not say in which currency and time zone the ad account of "
            f"{client.client_id} is ({error}): name the zone with --timezone."
        )
