"""`meta-ads server`: the embedded Postgres server."""

from typing import Annotated

import typer

from orchestration.cli.options import Yes

server = typer.Typer(
    help="Start, stop and upgrade the embedded Postgres server.\n\n"
    "It is used where WAREHOUSE_URL is not set. Every command that needs it starts it. "
    "Only roles is for a server of your own.",
    no_args_is_help=True,
)


@server.command("start")
def server_start() -> None:
    """Start the server if it does not run, bring its schema up to date, and print its URL.

    The URL is printed without the password.
    """
    from orchestration.cli.session import open_warehouse
    from orchestration.warehouse.connection import display_url, warehouse_url

    typer.echo(display_url(warehouse_url(open_warehouse())))


@server.command("url")
def server_url() -> None:
    """Print the URL of the warehouse with its password, for psql and other programs."""
    from orchestration.cli.session import open_warehouse
    from orchestration.warehouse.connection import warehouse_url

    typer.echo(warehouse_url(open_warehouse()))


@server.command("status")
def server_status() -> None:
    """Print whether the server runs, on which port, and where its data are."""
    from orchestration.cli.actions.server import print_status

    print_status()


@server.command("stop")
def server_stop(
    remove_data: Annotated[
        bool,
        typer.Option("--remove-data", help="Delete the warehouse with all its history as well."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Stop the server; on request delete its data."""
    from orchestration.cli.actions.server import remove, stop

    if remove_data:
        remove(without_asking=yes)
    else:
        stop()


@server.command("upgrade")
def server_upgrade() -> None:
    """Move the data to the newest Postgres that is installed; the server stops for that time.

    The data of the earlier version are kept until a server has run on the new ones.
    """
    from orchestration.cli.actions.server import upgrade

    upgrade()


@server.command("roles")
def server_roles() -> None:
    """Print the SQL with which an administrator makes the roles, with their limits.

    It is needed where the login of WAREHOUSE_URL may not make roles. The next command then uses
    them: meta-ads server roles | psql ADMINISTRATORS_URL
    """
    from orchestration.cli.actions.server import print_role_statements
    from orchestration.cli.session import open_warehouse

    print_role_statements(open_warehouse())
