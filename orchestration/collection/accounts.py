"""What Meta says about the clients' ad accounts: name, currency, time zone, state; once a day."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from zoneinfo import ZoneInfo

import psycopg

from orchestration.clients.model import Client
from orchestration.collection.apart import apart
from orchestration.collection.fetcher import Fetcher, by_token
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import (
    AccountChangedError,
    MetaApiError,
    TokenDeadError,
    TransientError,
    VersionRetiredError,
)
from orchestration.meta_api.fields import ACTIVE
from orchestration.progress import Progress
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.accounts import facts_differ
from orchestration.warehouse.ledger.clients import known_clients, save_account_facts

log = logging.getLogger(__name__)


def refresh_facts(
    connection: Connection,
    settings: Settings,
    fetcher: Fetcher,
    clients: Sequence[Client],
    progress: Progress,
) -> dict[str, MetaApiError]:
    """Ask for the facts of accounts that are unknown or were not asked about for a day."""
    fresh = {
        c.client_id
        for c in known_clients(connection, [c.client_id for c in clients])
        if c.facts_are_fresh
    }
    stale = [client for client in clients if client.client_id not in fresh]
    progress.stage("Asking about ad accounts", len(stale))
    errors: dict[str, MetaApiError] = {}
    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="meta-api")
    try:
        for client, facts in _facts_of(pool, fetcher, by_token(settings, stale)):
            try:
                with apart("kept"):
                    _save(connection, client.client_id, facts)
            except MetaApiError as error:
                log.error("%s: %s", client.client_id, error)
                errors[client.client_id] = error
            progress.step(client.client_id)
    except BaseException:
        fetcher.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return errors


def _facts_of(
    pool: Executor, fetcher: Fetcher, groups: Sequence[Sequence[Client]]
) -> Iterator[tuple[Client, AccountFacts | MetaApiError]]:
    """The facts of every client: from one listing for each token, else one by one."""
    rest: list[Client] = []
    for group, listed in zip(groups, pool.map(lambda g: _listed(fetcher, g), groups), strict=True):
        for client in group:
            if client.client_id in listed:
                yield client, listed[client.client_id]
            else:
                rest.append(client)
    yield from zip(rest, pool.map(lambda client: _facts(fetcher, client), rest), strict=True)


def _listed(
    fetcher: Fetcher, clients: Sequence[Client]
) -> Mapping[str, AccountFacts | MetaApiError]:
    """What one listing tells; where it fails, one account tells whether asking the others pays.

    It concerns no account: a token that it refuses is dead.
    """
    try:
        return fetcher.listed_facts(clients)
    except (TokenDeadError, VersionRetiredError) as error:
        return dict.fromkeys((c.client_id for c in clients), error)
    except MetaApiError as error:
        log.warning("The ad accounts cannot be listed: %s", error)
        facts = _facts(fetcher, clients[0])
        if isinstance(facts, TransientError):
            return dict.fromkeys((c.client_id for c in clients), facts)
        return {clients[0].client_id: facts}


def _facts(fetcher: Fetcher, client: Client) -> AccountFacts | MetaApiError:
    try:
        return fetcher.facts(client)
    except MetaApiError as error:
        return error


def _save(connection: Connection, client_id: str, facts: AccountFacts | MetaApiError) -> None:
    """Remember what Meta says of an account.

    Raises:
        MetaApiError: what it answered instead, or its time zone is known to nobody here.
        AccountChangedError: the currency or the time zone is not that of the days that stand.
    """
    if isinstance(facts, MetaApiError):
        raise facts
    if facts.status not in (None, ACTIVE):
        log.warning("%s: Meta calls the ad account %s", client_id, facts.status_in_words)
    try:
        ZoneInfo(facts.timezone_name)
        if reason := facts_differ(connection, client_id, facts.currency, facts.timezone_name):
            raise AccountChangedError(reason)
        with connection.transaction():
            save_account_facts(
                connection, client_id, facts.name, facts.currency, facts.timezone_name, facts.status
            )
    except (LookupError, ValueError, OSError, psycopg.errors.InvalidParameterValue):
        # One account's odd zone would break the view of what all clients owe.
        raise MetaApiError(
            f"the account's time zone {facts.timezone_name!r} is unknown to this machine or to the "
            "warehouse's server: update tzdata there"
        ) from None
