"""What the commands of `meta-ads clients` do: check and list the clients file, ask for accounts."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from orchestration.cli.output.clients import print_accounts, print_clients, print_entries
from orchestration.cli.output.console import say, say_error
from orchestration.cli.output.documents import print_document
from orchestration.cli.session import Session
from orchestration.clients.append import append_clients, has_clients
from orchestration.clients.model import load_clients
from orchestration.collection.api_access import (
    COMMON_TOKEN_VARIABLE,
    new_api_client,
    new_traffic,
    token_or_placeholder,
)
from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import MetaApiError, TokenDeadError, TransientError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.secret_forms import variable_name
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import known_clients, sync_clients

MOST_LETTERS = 40
"""The longest client id that is suggested for an ad account's name."""


def check_file(path: Path) -> None:
    """Check a clients file and print how many clients it has.

    Raises:
        UsageError: the file has errors; the text names the line and field of each.
    """
    say(f"{path}: {plural(len(load_clients(path)), 'client')}, no error.")


def list_clients(session: Session) -> None:
    """List the clients of the clients file with what is known of their ad accounts."""
    with connect(session.settings) as connection:
        sync_clients(connection, session.clients)
        clients = known_clients(connection, session.client_ids)
    print_clients(clients)


def discover(
    settings: Settings, token_env: str | None, *, write: bool, is_demo: bool, as_json: bool
) -> None:
    """List the ad accounts that a token can read, and the entries that the clients file lacks.

    With `write` the entries are added to the file. The accounts of a demo are for no file.

    Raises:
        UsageError: `token_env` is no name of a variable, there is no token, the clients file has
            errors, or demo accounts are to be written.
        UnreachableError: Meta cannot be reached, or the token is dead.
        MetaAdsError: Meta refuses to list the accounts.
    """
    if write and is_demo:
        raise UsageError(
            "--write is refused: these are the demo's ad accounts. For your own set "
            f"{COMMON_TOKEN_VARIABLE}, or name the variable of a token with --token-env."
        )
    accounts = _accounts(settings, token_env)
    path = settings.clients_file
    clients = load_clients(path) if has_clients(path) else []
    owners = {client.ad_account_id: client.client_id for client in clients}
    missing = [account for account in accounts if f"act_{account.account_id}" not in owners]
    entries = new_entries(settings, missing, [client.client_id for client in clients], token_env)
    if write and entries:
        append_clients(path, entries)
    if as_json:
        documents = [asdict(a) | {"client_id": owners.get(f"act_{a.account_id}")} for a in accounts]
        print_document({"ad_accounts": documents})
        return
    print_accounts(accounts, owners)
    if write:
        say_error(f"{plural(len(entries), 'entry', 'entries')} added to {path}.")
    elif entries and not is_demo:
        print_entries(entries, path, is_first=not clients)


def new_entries(
    settings: Settings,
    accounts: Sequence[AccountFacts],
    used_ids: Collection[str],
    token_env: str | None,
) -> list[dict[str, Any]]:
    """Entries of the clients file for ad accounts; `used_ids` are the client ids that it has.

    They begin with the first of the month that the first lookback reaches into.
    """
    used = set(used_ids)
    entries = []
    for account in accounts:
        client_id = suggested_id(account, used)
        used.add(client_id)
        due = _due_day(settings, account.timezone_name)
        since = due - timedelta(days=settings.lookback_days - 1)
        entry = {
            "client_id": client_id,
            "name": account.name,
            "ad_account_id": f"act_{account.account_id}",
            "starts_on": since.replace(day=1),
        }
        entries.append(entry | ({"token_env": token_env} if token_env else {}))
    return entries


def _due_day(settings: Settings, zone: str) -> date:
    """The latest day that is due in a time zone, or in UTC where this machine does not know it.

    The first collection refuses such an account by its name; a list of accounts has to have it.
    """
    try:
        return settings.latest_due_day(zone)
    except (LookupError, ValueError, OSError):
        return settings.latest_due_day("UTC")


def suggested_id(account: AccountFacts, used: Collection[str]) -> str:
    """A client id made from the account's name, with its number where the name is used already."""
    plain = unicodedata.normalize("NFKD", account.name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MOST_LETTERS].strip("-") or "account"
    return f"{slug}-{account.account_id}" if slug in used else slug


def _accounts(settings: Settings, token_env: str | None) -> list[AccountFacts]:
    try:
        token = token_or_placeholder(
            settings, settings.token(token_env and variable_name(token_env))
        )
    except ValueError as error:
        raise UsageError(f"--token-env {error}.") from None
    if token is None:
        raise UsageError(f"No token: set {token_env or COMMON_TOKEN_VARIABLE}.")
    return accounts_of(settings, token)


def accounts_of(settings: Settings, token: SecretStr) -> list[AccountFacts]:
    """The ad accounts that a token can read, in the order of their names.

    Raises:
        UnreachableError: Meta cannot be reached, or the token is dead.
        MetaAdsError: Meta refuses to list the accounts.
    """
    traffic = new_traffic(settings)
    api = new_api_client(
        settings, token, RetryPolicy(settings.retry_delays, sleep=traffic.sleep), traffic
    )
    try:
        accounts = [account for page in api.accounts() for account in page]
    except (TokenDeadError, TransientError) as error:
        raise UnreachableError(f"The ad accounts cannot be listed: {error}.") from None
    except MetaApiError as error:
        raise MetaAdsError(f"The ad accounts cannot be listed: {error}.") from None
    return sorted(accounts, key=lambda account: account.name.lower())
