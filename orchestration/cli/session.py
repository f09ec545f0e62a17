"""How a command begins: read the settings and clients, open the warehouse, start a sandbox."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.cli.demo import (
    Demo,
    check_clients_file,
    is_demo,
    looked_at,
    mark_as_demo,
    unmark,
    warehouse_name,
)
from orchestration.cli.output.console import say_error
from orchestration.clients.model import Client, load_clients
from orchestration.clients.unknown import unknown_client
from orchestration.errors import UsageError
from orchestration.sandbox.process import SandboxProcess
from orchestration.settings import Settings, load_settings
from orchestration.settings.env_file import notices
from orchestration.text import instant
from orchestration.warehouse.connection import (
    Connection,
    connect,
    is_still_to_be_made,
    retry_if_broken_off,
)
from orchestration.warehouse.ledger.clients import other_clients
from orchestration.warehouse.migrations import migrate

DEMO_CLIENTS = Path(__file__).parents[1] / "sandbox" / "demo_clients.yml"


@dataclass(frozen=True)
class Session:
    """Settings and clients of a command; `is_demo`: the data come from a sandbox started for it."""

    settings: Settings
    clients: list[Client]
    is_demo: bool

    @property
    def client_ids(self) -> list[str]:
        """The ids of all clients, in the order of the clients file."""
        return [client.client_id for client in self.clients]

    def client(self, client_id: str) -> Client:
        """The client with this id.

        Raises:
            UsageError: the clients file has no such client.
        """
        for client in self.clients:
            if client.client_id == client_id:
                return client
        raise unknown_client(client_id, self.client_ids)

    def chosen(self, only: Sequence[str]) -> list[str]:
        """The ids that --client named, or all of them.

        Raises:
            UsageError: the clients file has no such client.
        """
        return [self.client(client_id).client_id for client_id in only] or self.client_ids


def open_warehouse() -> Settings:
    """Read the settings, and bring the schema of the warehouse up to date.

    Says where it makes an empty warehouse: the state folder may be another than was meant.

    Raises:
        UnreachableError: the warehouse cannot be reached.
    """
    settings = load_settings()
    if is_still_to_be_made(settings):
        say_error(f"There is no warehouse yet: an empty one is made in {settings.home}.")
    bring_up_to_date(settings)
    say_as_of(settings)
    return settings


def bring_up_to_date(settings: Settings) -> None:
    """Bring the warehouse to the schema of this program; says before what readers will see change.

    Raises:
        UnreachableError: the warehouse cannot be reached.
    """
    migrate(settings, _say_changes)


def _say_changes(connection: Connection) -> None:
    from orchestration.transformation.mart_changes import mart_changes

    if changes := mart_changes(connection):
        say_error("This release changes what readers see, with the next build:")
        for change in changes:
            say_error(f"  {change}")


def say_as_of(settings: Settings) -> None:
    """Say on stderr that META_ADS_NOW sets another time, so that nobody takes it for now.

    Other programs that read the warehouse, such as psql, do not follow that setting.
    """
    if (at := settings.now_override) is not None:
        say_error(f"As of {instant(at)}, as META_ADS_NOW says, and not of now.")


@contextmanager
def open_api(
    asked: Demo = Demo.NO, *, has_own_token: bool = False
) -> Iterator[tuple[Settings, bool]]:
    """Read the settings; in a demo a sandbox answers until the end. Opens no warehouse.

    Gives the settings, and whether it is a demo: never where the command names a token of its own.

    Raises:
        UsageError: nothing is set up and nobody asked for the demo, or it is asked for beside
            settings of real clients.
    """
    with ExitStack() as stack:
        settings = load_settings()
        for line in notices(settings.api_url):
            say_error(line)
        if demo := not has_own_token and is_demo(settings, asked):
            say_error(f"Demo data: the sandbox, with 16 demo clients. State: {settings.home}")
            sandbox = stack.enter_context(SandboxProcess(now=settings.now_override))
            os.environ["META_API_URL"] = sandbox.url
        yield load_settings(), demo


@contextmanager
def open_session(asked: Demo = Demo.NO) -> Iterator[Session]:
    """Read settings and clients and open the warehouse; in a demo a sandbox answers until the end.

    A demo sets environment variables, because Dagster's assets read their settings from there.

    Raises:
        UsageError: the clients file is missing or wrong, or a demo would mix with real data.
        UnreachableError: the warehouse cannot be reached.
    """
    with open_api(asked) as (settings, demo):
        if not settings.clients_file.exists() and settings.access_token is None:
            os.environ["META_ADS_CLIENTS"] = str(DEMO_CLIENTS)
        settings = load_settings()
        check_clients_file(settings)
        clients = load_clients(settings.clients_file)
        bring_up_to_date(settings)
        say_as_of(settings)
        if demo:
            _refuse_to_mix(settings, clients)
            mark_as_demo(settings)
        elif settings.clients_file != DEMO_CLIENTS and unmark(settings):
            say_error(_demo_stays(settings))
        yield Session(settings, clients, demo)


def _demo_stays(settings: Settings) -> str:
    """What a person has to know whose clients come into a warehouse with demo data."""
    if settings.warehouse_url is None:
        place = f"of {settings.home}"
        instead = "meta-ads server stop --remove-data, or another META_ADS_HOME"
    else:
        place, instead = warehouse_name(settings), "another database in WAREHOUSE_URL"
    return (
        f"The warehouse {place} held demo data until now: they stay there beside yours. "
        f"For an empty one: {instead}."
    )


def _refuse_to_mix(settings: Settings, clients: list[Client]) -> None:
    """A scheduled job that lost its settings must not write demo data beside real data."""

    def read() -> list[str]:
        with connect(settings) as connection:
            return other_clients(connection, clients)

    if others := retry_if_broken_off(settings, read):
        raise UsageError(
            f"This warehouse holds real clients ({', '.join(others[:3])}, ...), but there is no "
            f"token and no clients file: {looked_at(settings)} The sandbox is not used beside real "
            "data."
        )
