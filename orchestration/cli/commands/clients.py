"""`meta-ads clients`: check and list the clients file, and find ad accounts that it lacks."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import Json

clients = typer.Typer(
    help="Check and list the clients file, and find ad accounts that it lacks.",
    no_args_is_help=True,
)


@clients.command("check")
def clients_check(
    path: Annotated[
        Path | None, typer.Argument(help="The file. Default: the one in META_ADS_CLIENTS.")
    ] = None,
) -> None:
    """Check a clients file for errors, without asking Meta."""
    from orchestration.cli.actions.clients import check_file
    from orchestration.settings import load_settings

    check_file(path or load_settings().clients_file)


@clients.command("list")
def clients_list() -> None:
    """List the clients, and what is known of their ad accounts."""
    from orchestration.cli.actions.clients import list_clients
    from orchestration.cli.session import open_session

    with open_session() as session:
        list_clients(session)


@clients.command("discover")
def clients_discover(
    token_env: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the environment variable that holds the token. "
            "Default: META_ACCESS_TOKEN.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Add the entries to the clients file.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask Meta which ad accounts a token can read; print entries for those without a client.

    What it prints is YAML where it goes to a file. The entries begin with the month that the first
    lookback reaches into; change starts_on for more.
    """
    from orchestration.cli.actions.clients import discover
    from orchestration.cli.session import open_api

    with open_api(has_own_token=token_env is not None) as (settings, is_demo):
        discover(settings, token_env, write=write, is_demo=is_demo, as_json=json)
