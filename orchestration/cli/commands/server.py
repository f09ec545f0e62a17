"""`meta-ads server ...`: starts, stops and upgrades the embedded Postgres server."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.errors import UsageError

server = typer.Typer(help="The embedded Postgres server.", no_args_is_help=True)


@server.command("start")
def server_start() -> None:
    """Start the embedded server, if it does not run, and bring its schema up to date."""
    from orchestration.cli.session import open_warehouse
    from orchestration.warehouse.connection import display_url, warehouse_url

    typer.echo(display_url(warehouse_url(open_warehouse())))


@server.command("url")
def server_url() -> None:
    """Print the warehouse's URL with its password."""
    from orchestration.cli.session import open_warehouse
    from orchestration.warehouse.connection import warehouse_url

    typer.echo(warehouse_url(open_warehouse()))


@server.command("status")
def server_status() -> None:
    """Say whether the embedded server runs, and where."""
    status = _embedded().status()
    state = (
        f"runs on 127.0.0.1:{status.port} (pid {status.pid})" if status.running else "is stopped"
    )
    typer.echo(f"The embedded Postgres {status.version} {state}; data in {status.data_dir}.")


@server.command("stop")
def server_stop(
    remove_data: Annotated[
        bool, typer.Option("--remove-data", help="Delete the warehouse with its history as well.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
) -> None:
    """Stop the embedded server."""
    embedded = _embedded()
    if not remove_data:
        typer.echo("Stopped." if embedded.stop() else "It was not running.")
        return
    data = embedded.status().data_dir
    if data.is_dir() and not yes:
        _ask_before_deleting(data)
    embedded.remove_data()
    typer.echo("The embedded server is stopped, its data are removed.")


@server.command("upgrade")
def server_upgrade() -> None:
    """Move the data to the newest Postgres that is installed; the server is stopped meanwhile.

    The data of the earlier version are kept until a server runs on the new ones.
    """
    before, now = _embedded().upgrade()
    typer.echo(
        f"The data are those of Postgres {now} already."
        if before == now
        else f"The data were moved from Postgres {before} to {now}."
    )


def _ask_before_deleting(data: Path) -> None:
    """Go on only where a person says yes.

    Raises:
        UsageError: nobody can be asked.
    """
    what = f"This deletes the warehouse in {data} with its history"
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: say so with --yes. A copy before: meta-ads backup FILE")
    typer.confirm(f"{what}. Go on?", abort=True)


def _embedded() -> Any:
    from orchestration.settings import load_settings
    from orchestration.warehouse.embedded.server import EmbeddedServer

    settings = load_settings()
    if settings.warehouse_url is not None:
        raise UsageError("WAREHOUSE_URL names a server of yours: meta-ads does not manage it.")
    return EmbeddedServer(settings.home, settings.system_data)
