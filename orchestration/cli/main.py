"""`meta-ads`: thin commands, each calling one layer. Heavy imports wait until they are needed."""

import atexit
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.exceptions

from orchestration.cli.commands.alerts import alerts
from orchestration.cli.commands.backup import backup, restore
from orchestration.cli.options import Day, Debug, Json, OnlyClients, day_range
from orchestration.cli.output.console import say_error
from orchestration.cli.commands.decisions import owed, quarantine
from orchestration.errors import MetaAdsError, UsageError
from orchestration.cli.commands.health import health, refresh, serve, serve_dagster
from orchestration.process.logs import guard_last_resort, log_to
from orchestration.process.private_files import only_for_the_owner
from orchestration.cli.commands.publications import explain, publications
from orchestration.cli.commands.sandbox import sandbox

INTERRUPTED = 130

app = typer.Typer(
    name="meta-ads",
    help="Meta Ads Insights, collected with receipts and published whole or not at all.\n\n"
    "Without a token and a clients file every command uses a sandbox with 16 demo clients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
server = typer.Typer(help="The embedded Postgres server.", no_args_is_help=True)
clients = typer.Typer(help="The clients file.", no_args_is_help=True)
app.add_typer(server, name="server")
app.add_typer(sandbox, name="sandbox")
app.add_typer(clients, name="clients")
app.add_typer(owed, name="owed")
app.add_typer(quarantine, name="quarantine")
app.add_typer(publications, name="publications")
app.add_typer(alerts, name="alerts")
app.command()(explain)
app.command()(health)
app.command()(serve)
app.command("serve-dagster", hidden=True)(serve_dagster)
app.command()(refresh)
app.command()(backup)
app.command()(restore)


@app.command()
def run(
    since: Day = None,
    until: Day = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """The main job: collect what is owed (or a range), check it, build, publish, summarize."""
    _job("daily_refresh", since, until, client, json, debug)


@app.command()
def collect(
    since: Day = None,
    until: Day = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Only collect: what is owed, or every day of a range, into staging."""
    _job("collect_only", since, until, client, json, debug)


@app.command()
def build(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Every client-month, changed or not.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Close a build that another process holds.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Only build, audit and publish the client-months whose data changed."""
    config = {"full_refresh": full_refresh, "take_over": take_over}
    _job("build_only", None, None, None, json, debug, {"build_marts": config})


@app.command()
def recover(
    since: Day = None,
    until: Day = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
    only_list: Annotated[
        bool, typer.Option("--list", help="Only list what finally failed, and how to replay it.")
    ] = False,
) -> None:
    """Replay exactly the collections that failed and that nothing has made good since.

    With --list nothing is asked: collections, refused days, builds, runs and messages that finally
    failed are listed with the command that replays each; exit code 1 while there are any.
    """
    if only_list:
        from orchestration.cli.actions.recovery import print_open
        from orchestration.cli.session import open_warehouse

        days = day_range(since, until)
        raise typer.Exit(print_open(open_warehouse(), client or [], days, as_json=json))
    _job("recover_failed", since, until, client, json, debug)


@app.command()
def env() -> None:
    """Print what plain dbt and psql need: eval "$(meta-ads env)". Holds the password."""
    import shlex

    from orchestration.cli.session import open_warehouse
    from orchestration.transformation.project import dbt_environment

    for name, value in dbt_environment(open_warehouse()).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def sql(
    statement: Annotated[str | None, typer.Argument(help="One statement; none: a prompt.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="What marts_as_of shows: the marts as published at the end of this day, in UTC.",
        ),
    ] = None,
) -> None:
    """Query the marts as an analyst: read-only, one snapshot for the whole session.

    The schema marts holds what is published now. With --as-of, marts_as_of holds the same views as
    of that day: meta-ads sql --as-of 2026-09-03 "select * from marts_as_of.monthly_client_summary"
    """
    from orchestration.cli.actions.sql import run_sql
    from orchestration.cli.session import open_warehouse

    run_sql(open_warehouse(), statement, as_of.date() if as_of else None)


@app.command()
def up(
    host: Annotated[
        str, typer.Option(help="Of the Dagster UI; beyond loopback only with META_ADS_ADMIN_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Of the Dagster UI.")] = 3000,
    health_port: Annotated[int, typer.Option(help="Of the dashboard and the health API.")] = 8080,
    health_host: Annotated[
        str, typer.Option(help="Beyond loopback only with META_ADS_ADMIN_TOKEN.")
    ] = "127.0.0.1",
) -> None:
    """Run Dagster (UI and daemon), the dashboard and the refresher until Ctrl-C."""
    from orchestration.cli.session import open_session
    from orchestration.settings import load_settings
    from orchestration.cli.actions.up import Addresses, check_addresses, serve_all

    addresses = Addresses(host, port, health_host, health_port)
    check_addresses(load_settings(), addresses)
    with open_session() as session:
        raise typer.Exit(serve_all(session.settings, addresses, is_demo=session.is_demo))


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
    from orchestration.cli.actions.sql import print_clients
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


def _job(
    job: str,
    since: datetime | None,
    until: datetime | None,
    only: list[str] | None,
    as_json: bool,
    debug: bool,
    config: dict[str, Any] | None = None,
) -> None:
    from orchestration.cli.actions.main_job import run_job

    days = day_range(since, until)
    raise typer.Exit(run_job(job, days, only or [], config or {}, as_json=as_json, debug=debug))


def _embedded() -> Any:
    from orchestration.settings import load_settings
    from orchestration.warehouse.embedded.server import EmbeddedServer

    settings = load_settings()
    if settings.warehouse_url is not None:
        raise UsageError("WAREHOUSE_URL names a server of yours: meta-ads does not manage it.")
    return EmbeddedServer(settings.home, settings.system_data)


def main() -> None:
    """The entry: every error becomes one sentence on stderr and the exit code of its kind."""
    only_for_the_owner()
    # A service manager ends a process with SIGTERM: the same orderly end as Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    guard_last_resort()
    code = _run(lambda: app(standalone_mode=False))
    if code != INTERRUPTED:
        sys.exit(code)
    # Threads may still wait for an answer of the API; nothing they bring is wanted any more.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(command: Callable[[], Any]) -> int:
    try:
        result = command()
    except typer.exceptions.TyperException as error:
        if text := error.format_message().strip():
            _say(f"{text.rstrip('.')}. meta-ads --help shows what there is.")
        return UsageError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception as error:
        if "--debug" in sys.argv:
            log_to(hide=_hider())
            logging.exception("Failed")
        return _explain(error)
    # typer returns the code of an Exit, and makes one of its own of Ctrl-C.
    if result == INTERRUPTED:
        return _interrupted()
    return result if isinstance(result, int) else 0


def _interrupted() -> int:
    say_error("Interrupted. What was kept is whole; the next run goes on from there.")
    return INTERRUPTED


def _explain(error: Exception) -> int:
    if isinstance(error, MetaAdsError):
        _say(str(error))
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        _say(f"{error.strerror}: {error.filename or ''}. Nothing of this step was kept.")
        return MetaAdsError.exit_code
    _say(f"Something unforeseen failed: {type(error).__name__}: {error}. --debug shows more.")
    return MetaAdsError.exit_code


def _say(text: str) -> None:
    """A sentence for people; whatever an error quotes, no secret."""
    say_error(_hider()(text))


def _hider() -> Callable[[str], str]:
    from orchestration.alerting.destinations.secrets import hider

    return hider()


if __name__ == "__main__":
    main()
