"""What the commands of `meta-ads server` do with the embedded Postgres server."""

import typer

from orchestration.cli.actions.confirming import confirm_deletion
from orchestration.cli.demo import unmark
from orchestration.cli.output.console import say
from orchestration.errors import UsageError
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.in_use import refuse_if_in_use
from orchestration.warehouse.embedded.owner import DATABASE
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.role_statements import role_statements


def embedded_server(settings: Settings) -> EmbeddedServer:
    """The embedded server of these settings.

    Raises:
        UsageError: WAREHOUSE_URL names another server.
    """
    if settings.warehouse_url is not None:
        raise UsageError(
            "WAREHOUSE_URL names a server of your own: meta-ads server manages only the embedded "
            "one."
        )
    return EmbeddedServer(settings.home, settings.system_data)


def print_status() -> None:
    """Print whether the server runs, where, and where its data are."""
    status = embedded_server(load_settings()).status()
    state = (
        f"runs on 127.0.0.1:{status.port} (pid {status.pid}), database {DATABASE}"
        if status.running
        else "is stopped"
    )
    say(f"The embedded Postgres {status.version} {state}; data in {status.data_dir}.")


def print_role_statements(settings: Settings) -> None:
    """Print the SQL that makes the roles and hands them to the login of this warehouse."""
    with connect(settings) as connection:
        row = connection.execute("select current_user").fetchone()
    assert row is not None
    for statement in role_statements(settings, row[0]):
        typer.echo(statement)


def stop() -> None:
    """Stop the server."""
    say("Stopped." if embedded_server(load_settings()).stop() else "It was not running.")


def remove(*, without_asking: bool) -> None:
    """Stop the server and delete its data.

    Raises:
        UsageError: it is in use, or somebody has to confirm, and no person is at the terminal.
        typer.Abort: the person said no.
    """
    settings = load_settings()
    server = embedded_server(settings)
    refuse_if_in_use(server)
    data = server.status().data_dir
    if data.is_dir():
        confirm_deletion(
            f"This deletes the warehouse in {data} with its history",
            without_asking=without_asking,
            instead="To keep a copy first: meta-ads backup FILE",
        )
    server.remove_data()
    unmark(settings)
    say("The embedded server is stopped, its data are removed.")


def upgrade() -> None:
    """Move the data to the newest Postgres that is installed."""
    before, now = embedded_server(load_settings()).upgrade()
    if before == now:
        say(f"The data are those of Postgres {now} already.")
    else:
        say(f"The data were moved from Postgres {before} to {now}.")
