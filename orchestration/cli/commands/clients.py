"""`meta-ads clients ...`: checks and lists the clients file, and finds accounts that it lacks."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import Json

clients = typer.Typer(help="The clients file.", no_args_is_help=True)


@clients.command("check")
def clients_check(
    path: Annotated[Path | None, typer.Argument(help="Default: META_ADS_CLIENTS.")] = None,
) -> None:
    """Check a clients file without asking Meta."""
    from orchestration.clients.model import load_clients
    from orchestration.settings import load_settings

    checked = path or load_settings().clients_file
    typer.echo(f"{checked}: {len(load_clients(checked))} clients, no error.")


@clients.command("list")
def clients_list() -> None:
    """List the clients and what is known of their ad accounts."""
    from orchestration.cli.actions.discover import print_clients
    from orchestration.cli.session import open_session

    with open_session() as session:
        print_clients(session.settings, session.clients)


@clients.command("discover")
def clients_discover(
    token_env: Annotated[
        str | None,
        typer.Option(help="The variable that holds the token; default META_ACCESS_TOKEN."),
    ] = None,
    json: Json = False,
) -> None:
    """List the ad accounts that a token sees, and the entries that clients.yml lacks for them."""
    from orchestration.cli.actions.discover import discover
    from orchestration.cli.session import open_api

    with open_api() as settings:
        discover(settings, token_env, as_json=json)
