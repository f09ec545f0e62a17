"""What `meta-ads clients` prints for people: clients, ad accounts, entries for the clients file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.cli.output.console import listing_console, say_data
from orchestration.cli.output.tables import plain_table
from orchestration.meta_api.client import AccountFacts, Delivery
from orchestration.meta_api.errors import MetaApiError
from orchestration.warehouse.ledger.clients import KnownClient


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
            say_data(f"{client.client_id}: {client.account_refused}")


@dataclass(frozen=True)
class AccountInMonths:
    """An ad account, and the months in which it delivered or why they are not known."""

    facts: AccountFacts
    delivery: Delivery | MetaApiError

    @property
    def months(self) -> str:
        """`2025-09 to 2026-11`, or why there are none."""
        if isinstance(self.delivery, MetaApiError):
            return f"not known: {self.delivery}"
        first, last = self.delivery.first_month, self.delivery.last_month
        return f"{first:%Y-%m} to {last:%Y-%m}" if first and last else "none in 37 months"

    def in_words(self) -> str:
        """Currency, time zone and months, for a comment."""
        return f"{self.facts.currency}, {self.facts.timezone_name}; delivery: {self.months}"


def print_choice(accounts: Sequence[AccountInMonths]) -> None:
    """Print a numbered line for each ad account."""
    titles = ("", "ad account", "name", "currency", "time zone", "status", "delivery")
    table = plain_table(titles)
    for number, each in enumerate(accounts, 1):
        facts = each.facts
        table.add_row(
            str(number),
            f"act_{facts.account_id}",
            facts.name,
            facts.currency,
            facts.timezone_name,
            facts.status_in_words,
            each.months,
        )
    listing_console().print(table)


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
    console = listing_console()
    if console.is_terminal:
        console.print(table)
        return
    # What goes to a file is YAML as a whole.
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().rstrip().split("\n"):
        say_about(line)


def print_entries(entries: Sequence[Mapping[str, Any]], path: Path, *, is_first: bool) -> None:
    """Print the entries that the clients file lacks, as YAML; `is_first`: it has none yet."""
    for line in ("", f"No client yet; to be added to {path}, or by --write:", ""):
        say_about(line)
    # A file with clients has its line `clients:` already.
    document = {"clients": entries} if is_first else entries
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    for line in text.rstrip().split("\n"):
        say_data(line)


def say_about(line: str) -> None:
    """Print a line that is no entry: in a file it is a comment of YAML."""
    is_terminal = listing_console().is_terminal
    say_data(line if is_terminal else f"# {line}".rstrip())
