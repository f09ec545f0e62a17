"""The ad accounts that a token sees, and the entries that the clients file lacks for them."""

import re
import sys
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import asdict

import yaml
from rich.table import Table

from orchestration.cli.output.console import listing_console
from orchestration.clients.model import Client, load_clients
from orchestration.collection.api_access import new_api_client, new_traffic, token_or_placeholder
from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import MetaApiError, TokenDeadError, TransientError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.secret_forms import variable_name
from orchestration.settings import Settings
from orchestration.text import json_text
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import known_clients, sync_clients


def discover(settings: Settings, token_env: str | None, *, as_json: bool) -> None:
    """Print all ad accounts of a token; for those that no client has, what to add to the file."""
    accounts = sorted(_accounts(settings, token_env), key=lambda account: account.name.lower())
    clients = load_clients(settings.clients_file) if settings.clients_file.exists() else []
    owners = {client.ad_account_id: client.client_id for client in clients}
    if as_json:
        found = [asdict(a) | {"client_id": owners.get(f"act_{a.account_id}")} for a in accounts]
        sys.stdout.write(json_text({"ad_accounts": found}) + "\n")
        return
    console = listing_console()
    console.print(_table(accounts, owners))
    missing = [account for account in accounts if f"act_{account.account_id}" not in owners]
    if missing:
        console.print()
        console.print(f"No client yet; to be added to {settings.clients_file.name}:")
        console.print()
        for line in _entries(missing, clients, token_env).split("\n"):
            console.print(line)


def _accounts(settings: Settings, token_env: str | None) -> list[AccountFacts]:
    try:
        token = token_or_placeholder(
            settings, settings.token(token_env and variable_name(token_env))
        )
    except ValueError as error:
        raise UsageError(f"--token-env {error}.") from None
    if token is None:
        raise UsageError(f"No token: set {token_env or 'META_ACCESS_TOKEN'}.")
    traffic = new_traffic(settings)
    api = new_api_client(
        settings, token, RetryPolicy(settings.retry_delays, sleep=traffic.sleep), traffic
    )
    try:
        return [account for page in api.accounts() for account in page]
    except (TokenDeadError, TransientError) as error:
        raise UnreachableError(f"The ad accounts cannot be listed: {error}.") from None
    except MetaApiError as error:
        raise MetaAdsError(f"The ad accounts cannot be listed: {error}.") from None


def _table(accounts: Sequence[AccountFacts], owners: dict[str, str]) -> Table:
    columns = ("ad account", "name", "currency", "time zone", "status", "client")
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for account in accounts:
        number = f"act_{account.account_id}"
        table.add_row(
            number,
            account.name,
            account.currency,
            account.timezone_name,
            account.status_in_words,
            owners.get(number, "none"),
        )
    return table


def _entries(
    accounts: Sequence[AccountFacts], clients: Sequence[Client], token_env: str | None
) -> str:
    taken = {client.client_id for client in clients}
    entries = []
    for account in accounts:
        client_id = _slug(account, taken)
        taken.add(client_id)
        entry = {
            "client_id": client_id,
            "name": account.name,
            "ad_account_id": f"act_{account.account_id}",
        }
        entries.append(entry | ({"token_env": token_env} if token_env else {}))
    # The file that is there has its `clients:` already.
    shown = entries if clients else {"clients": entries}
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).rstrip()


def _slug(account: AccountFacts, taken: Collection[str]) -> str:
    """A client id out of the account's name, with the account's number where it is not enough."""
    plain = unicodedata.normalize("NFKD", account.name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "account"
    return f"{slug}-{account.account_id}" if slug in taken else slug


def print_clients(settings: Settings, clients: Sequence[Client]) -> None:
    """A line per client of the file."""
    with connect(settings) as connection:
        sync_clients(connection, clients)
        known = known_clients(connection, [client.client_id for client in clients])
    table = Table("client", "name", "ad account", "status", "time zone", "currency", box=None)
    for c in known:
        facts = (c.timezone_name or "not asked yet", c.currency or "")
        table.add_row(c.client_id, c.name, c.ad_account_id, c.status, *facts)
    listing_console().print(table)
    for c in known:
        if c.account_refused:
            listing_console().print(f"{c.client_id}: {c.account_refused}")
