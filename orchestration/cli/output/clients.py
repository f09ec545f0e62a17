"""What `meta-ads clients` prints for people: clients, ad accounts, entries for the clients file."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

import yaml

from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.tables import plain_table
from orchestration.meta_api.client import AccountFacts
from orchestration.warehouse.ledger.clients import KnownClient

MOST_LETTERS = 40
"""The longest client id that is suggested for an ad account's name."""


def print_clients(clients: Sequence[KnownClient]) -> None:
    """Print a line for each client, then why Meta refuses some of their ad accounts."""
    table = plain_table(("client", "name", "ad account", "status", "time zone", "currency"))
    for client in clients:
        table.add_row(
            client.client_id,
            client.name,
            client.ad_account_id,
            client.status,
            client.timezone_name or "not asked yet",
            client.currency or "",
        )
    listing_console().print(table)
    for client in clients:
        if client.account_refused:
            say(f"{client.client_id}: {client.account_refused}")


def print_accounts(accounts: Sequence[AccountFacts], owners: Mapping[str, str]) -> None:
    """Print a line for each ad account; `owners` has the client ids by `act_...`."""
    table = plain_table(("ad account", "name", "currency", "time zone", "status", "client"))
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
    listing_console().print(table)


def print_entries(
    accounts: Sequence[AccountFacts],
    file_name: str,
    used_ids: Collection[str],
    token_env: str | None,
) -> None:
    """Print the entries that the clients file lacks, as YAML; `used_ids` are its client ids."""
    say("")
    say(f"No client yet; to be added to {file_name}:")
    say("")
    entries = _entries(accounts, used_ids, token_env)
    # A file with clients has its line `clients:` already.
    document = entries if used_ids else {"clients": entries}
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    for line in text.rstrip().split("\n"):
        say(line)


def _entries(
    accounts: Sequence[AccountFacts], used_ids: Collection[str], token_env: str | None
) -> list[dict[str, str]]:
    used = set(used_ids)
    entries = []
    for account in accounts:
        client_id = _client_id(account, used)
        used.add(client_id)
        entry = {
            "client_id": client_id,
            "name": account.name,
            "ad_account_id": f"act_{account.account_id}",
        }
        entries.append(entry | ({"token_env": token_env} if token_env else {}))
    return entries


def _client_id(account: AccountFacts, used: Collection[str]) -> str:
    """A client id made from the account's name, with its number where the name is used already."""
    plain = unicodedata.normalize("NFKD", account.name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MOST_LETTERS].strip("-") or "account"
    return f"{slug}-{account.account_id}" if slug in used else slug
