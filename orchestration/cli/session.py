"""What every command of the command line begins with: settings, clients, sandbox, schema."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.cli.output.console import say_error
from orchestration.clients.model import Client, load_clients
from orchestration.errors import UsageError
from orchestration.sandbox.process import SandboxProcess
from orchestration.secret_forms import safe
from orchestration.settings import Settings, load_settings
from orchestration.settings.env_file import META_URL, notices
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.ledger.clients import other_clients
from orchestration.warehouse.migrations import migrate

DEMO_CLIENTS = Path(__file__).parents[1] / "sandbox" / "demo_clients.yml"


@dataclass(frozen=True)
class Session:
    """Settings and clients; `is_demo` says that the data come from a sandbox started for it."""

    settings: Settings
    clients: list[Client]
    is_demo: bool

    def client(self, client_id: str) -> Client:
        """The client of that name.

        Raises:
            UsageError: the clients file has none; names those it has.
        """
        found = {client.client_id: client for client in self.clients}
        if client_id not in found:
            raise UsageError(f"No client {safe(client_id)}: the clients are {', '.join(found)}.")
        return found[client_id]


def is_demo(settings: Settings) -> bool:
    """Whether nothing is set up yet: no clients file, no token, no other API."""
    return (
        settings.access_token is None
        and settings.api_url == META_URL
        and not settings.clients_file.exists()
    )


def open_warehouse() -> Settings:
    """The settings, with the warehouse reachable and its schema up to date."""
    settings = load_settings()
    migrate(settings)
    return settings


@contextmanager
def open_api() -> Iterator[Settings]:
    """The settings, in a demo with a sandbox until the end; no warehouse and no clients file."""
    with ExitStack() as stack:
        settings = load_settings()
        for line in notices(settings.api_url):
            say_error(line)
        if is_demo(settings):
            sandbox = stack.enter_context(SandboxProcess(now=settings.now_override))
            os.environ["META_API_URL"] = sandbox.url
        yield load_settings()


@contextmanager
def open_session() -> Iterator[Session]:
    """Settings and clients, the warehouse migrated; in a demo also a sandbox, until the end.

    The demo is handed on through the environment, so that Dagster's assets see it too.
    """
    demo = is_demo(load_settings())
    with open_api() as settings:
        if not settings.clients_file.exists() and settings.access_token is None:
            os.environ["META_ADS_CLIENTS"] = str(DEMO_CLIENTS)
        settings = load_settings()
        clients = load_clients(settings.clients_file)
        migrate(settings)
        if demo:
            _refuse_to_mix(settings, clients)
        yield Session(settings, clients, demo)


def _refuse_to_mix(settings: Settings, clients: list[Client]) -> None:
    """A scheduled job that lost its token must not write demo figures beside real ones."""

    def read() -> list[str]:
        with connect(settings) as connection:
            return other_clients(connection, clients)

    if others := retry_if_broken_off(settings, read):
        raise UsageError(
            f"This warehouse holds real clients ({', '.join(others[:3])}, ...), but there is no "
            "token and no clients file: set META_ACCESS_TOKEN and META_ADS_CLIENTS. The sandbox "
            "is not used beside real data."
        )
