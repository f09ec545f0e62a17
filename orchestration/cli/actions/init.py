"""What `meta-ads init` does: from a token to a clients file and `.env`, or to the demo."""

import getpass
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from orchestration.cli.actions.clients import accounts_of, new_entries
from orchestration.cli.demo import Demo, has_demo_data, is_demo, mark_as_demo, warehouse_name
from orchestration.cli.output.clients import AccountInMonths, print_choice
from orchestration.cli.output.console import say, say_error
from orchestration.cli.output.watcher import Watcher
from orchestration.clients.append import append_clients, has_clients
from orchestration.collection.api_access import COMMON_TOKEN_VARIABLE, token_or_placeholder
from orchestration.collection.each_account import ask_each
from orchestration.errors import UsageError
from orchestration.meta_api.client import AccountFacts
from orchestration.settings import Settings
from orchestration.settings.env_file import notices
from orchestration.settings.new_env_file import write_env_file
from orchestration.settings.places import own_env_file
from orchestration.text import plural

CLIENTS_HEAD = """\
# The clients of meta-ads: an entry for each ad account. meta-ads clients check finds errors,
# meta-ads clients discover --write adds the ad accounts that are not here yet.
# An entry may also have: status (active, paused, ended), ends_on, expects_conversions (true),
# conversion_families: [purchase, lead], custom_conversions: {"123": lead}, token_env, owner,
# levels: [campaign, adset, ad], alerts (a route), group, account_since (a new account's first day),
# pauses: [{since: 2025-08-01, until: 2025-08-14, reason: holidays}]
# Days before starts_on are not collected; Meta keeps 37 months.

"""
ASK_TOKEN = "Token of a system user with ads_read (not shown; empty for the demo): "
ASK_WHICH = "Which of them? all, or numbers such as 1,3-5: "


@dataclass(frozen=True)
class Token:
    """The token, and whether it was given to this command and has to be written down."""

    value: SecretStr
    is_new: bool


def set_up(settings: Settings, *, demo: bool, take_all: bool, token_file: Path | None) -> None:
    """Write a clients file and `.env` for the ad accounts that a person chooses, or set up a demo.

    Raises:
        UsageError: something is set up already, nobody can be asked, or there is no ad account.
        UnreachableError: Meta cannot be reached, or the token is dead.
        MetaAdsError: Meta refuses to list the accounts.
    """
    if demo and token_file:
        raise UsageError("--demo needs no token: leave out one of the two.")
    if demo:
        _set_up_demo(settings)
        return
    _refuse_to_overwrite(settings)
    if not take_all and not sys.stdin.isatty():
        raise UsageError(
            "Nobody can be asked which ad accounts to take: call the command at a terminal, or "
            "say --all."
        )
    token = _token(settings, token_file)
    if token is None:
        _set_up_demo(settings)
        return
    for line in notices(settings.api_url):
        say_error(line)
    accounts = _accounts(settings, token.value)
    print_choice(accounts)
    chosen = [each.facts for each in accounts] if take_all else _ask_which(accounts)
    _write(settings, token, chosen, accounts)


def _refuse_to_overwrite(settings: Settings) -> None:
    path = settings.clients_file
    if has_clients(path):
        raise UsageError(
            f"{path} is there already, and init changes no file: meta-ads clients discover --write "
            "adds ad accounts to it, meta-ads doctor checks what is set up."
        )


def _token(settings: Settings, file: Path | None) -> Token | None:
    """The token; None where a person gives none and the demo is meant.

    Raises:
        UsageError: nobody can be asked; or there is a `.env` to which the token is not added.
    """
    if file is None and settings.access_token is not None:
        return Token(settings.access_token, is_new=False)
    placeholder = token_or_placeholder(settings, None)
    value = _read(file) if file else _typed() if sys.stdin.isatty() else ""
    if not value and placeholder:
        return Token(placeholder, is_new=False)
    if not value and sys.stdin.isatty():
        return None
    if not value:
        raise UsageError(
            f"No token: set {COMMON_TOKEN_VARIABLE}, name a file with --token-file (- for stdin), "
            "or say --demo."
        )
    if (path := own_env_file()).is_file():
        raise UsageError(
            f"{path} is there already without {COMMON_TOKEN_VARIABLE}, and init changes no file: "
            f"write {COMMON_TOKEN_VARIABLE}=... into it, then call meta-ads init again."
        )
    return Token(SecretStr(value), is_new=True)


def _typed() -> str:
    return getpass.getpass(ASK_TOKEN).strip()


def _read(file: Path) -> str:
    try:
        value = (sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file {file} cannot be read: {error}.") from None
    if not value or re.search(r"\s", value):
        raise UsageError(f"--token-file {file} has to hold the token and nothing else.")
    return value


def _accounts(settings: Settings, token: SecretStr) -> list[AccountInMonths]:
    """The ad accounts of the token with the months in which they delivered."""
    accounts = accounts_of(settings, token)
    if not accounts:
        raise UsageError(
            "The token sees no ad account: assign ad accounts to its system user, in the business "
            "settings of Meta, and call the command again. Nothing was written."
        )
    numbers = [f"act_{account.account_id}" for account in accounts]
    asked = ask_each(settings, token, numbers, lambda api, number: api.delivery(number))
    found = []
    with Watcher() as watcher:
        watcher.stage("Asking when they delivered", len(accounts), "account")
        for account, (number, delivery) in zip(accounts, asked, strict=True):
            found.append(AccountInMonths(account, delivery))
            watcher.step(number)
    return found


def _ask_which(accounts: Sequence[AccountInMonths]) -> list[AccountFacts]:
    while True:
        answer = typer.prompt(ASK_WHICH, prompt_suffix="", default="", show_default=False)
        if numbers := _numbers(answer, len(accounts)):
            return [accounts[number - 1].facts for number in numbers]
        say_error(f"Numbers from 1 to {len(accounts)}, or all; Ctrl-C ends and writes nothing.")


def _numbers(answer: str, most: int) -> list[int]:
    """The numbers that an answer such as `1,3-5` names, in order; empty if it cannot be read."""
    if answer.strip().lower() == "all":
        return [*range(1, most + 1)]
    numbers: set[int] = set()
    for part in re.split(r"[,\s]+", answer.strip()):
        if not (match := re.fullmatch(r"(\d+)(?:-(\d+))?", part)):
            return []
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= most:
            return []
        numbers.update(range(first, last + 1))
    return sorted(numbers)


def _write(
    settings: Settings,
    token: Token,
    chosen: Sequence[AccountFacts],
    accounts: Sequence[AccountInMonths],
) -> None:
    entries = new_entries(settings, chosen, (), None)
    in_months = {f"act_{each.facts.account_id}": each for each in accounts}
    remarks = {
        entry["client_id"]: in_months[entry["ad_account_id"]].in_words() for entry in entries
    }
    env = own_env_file()
    # First: without the token the clients file would be of no use.
    if is_new := not env.is_file():
        secret = token.value.get_secret_value()
        write_env_file(env, {COMMON_TOKEN_VARIABLE: secret} if token.is_new else {})
    append_clients(settings.clients_file, entries, head=CLIENTS_HEAD, remarks=remarks)
    say(f"{settings.clients_file}: {plural(len(entries), 'client')}.")
    say(f"{env}: {_about(token) if is_new else 'was there, and is as it was'}.")
    for line in _next_steps(settings, entries):
        say(line)


def _about(token: Token) -> str:
    if token.is_new:
        return "the token, and every other setting with its comment; only you can read it"
    return f"every setting with its comment; {COMMON_TOKEN_VARIABLE} stays where it is"


def _next_steps(settings: Settings, entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    if has_demo_data(settings):
        yield (
            f"The warehouse {warehouse_name(settings)} holds demo data, which stay there beside "
            "yours. For an empty one: meta-ads server stop --remove-data"
        )
    yield f"Days are collected from {entries[0]['starts_on']} on: change starts_on for more."
    yield "Next: meta-ads doctor checks all of it; meta-ads run collects, builds and publishes."


def _set_up_demo(settings: Settings) -> None:
    if not is_demo(settings, Demo.YES):
        raise UsageError("--demo is refused: META_API_URL names a sandbox that is used already.")
    mark_as_demo(settings)
    say(f"{settings.home}: set up for the demo, a sandbox with 16 clients. No file was written.")
    say("Next: meta-ads doctor checks all of it; meta-ads run collects, builds and publishes.")
    say("With your own token later: meta-ads init")
