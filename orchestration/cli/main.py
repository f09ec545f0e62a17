"""The command line `meta-ads`: its commands, and what becomes of errors.

Every error ends as one sentence on stderr and the exit code of its kind. Heavy imports wait until
a command needs them.
"""

import atexit
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
import typer.exceptions

from orchestration.cli.commands.alerts import alerts
from orchestration.cli.commands.backup import backup, restore
from orchestration.cli.commands.clients import clients
from orchestration.cli.commands.decisions import owed, quarantine
from orchestration.cli.commands.demo import demo
from orchestration.cli.commands.doctor import doctor
from orchestration.cli.commands.explain import explain
from orchestration.cli.commands.files import export, reconcile
from orchestration.cli.commands.health import health
from orchestration.cli.commands.imports import import_file
from orchestration.cli.commands.init import init
from orchestration.cli.commands.jobs import build, collect, recover, run
from orchestration.cli.commands.publications import publications
from orchestration.cli.commands.sandbox import sandbox
from orchestration.cli.commands.server import server
from orchestration.cli.commands.serving import refresh, serve, serve_dagster, up
from orchestration.cli.commands.storage import storage
from orchestration.cli.commands.warehouse import env, sql, where
from orchestration.cli.exit_codes import DONE, FAILED, INTERRUPTED, WRONG_USE
from orchestration.cli.output.console import say_error
from orchestration.errors import MetaAdsError
from orchestration.process.logs import guard_last_resort, log_to
from orchestration.process.private_files import only_for_the_owner
from orchestration.process.program import NAME
from orchestration.shipped_files import CODE

DAILY, READING, WATCHING, OPERATING = (
    "Collect, build and publish",
    "Read and explain the data",
    "Watch",
    "Set up and operate",
)
"""Headings of `meta-ads --help`."""
COLLECTING = ("run", "collect", "build", "recover", "import", "refresh")
"""Commands that store data bit by bit: what they had done by an interrupt stays."""

app = typer.Typer(
    name="meta-ads",
    help="Collect Meta Ads Insights, check them, and publish marts for analysts in Postgres.\n\n"
    "meta-ads where shows where state and settings are. Demo data: meta-ads run --demo.\n\n"
    "Exit codes: 0 done and healthy. 1 finished, but something is owed, refused, left out or to be "
    "looked at. 2 wrong use or settings. 3 Meta or the warehouse cannot be reached. 4 failed, "
    "nothing was published. 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(rich_help_panel=DAILY)(run)
app.command(rich_help_panel=DAILY)(collect)
app.command(rich_help_panel=DAILY)(build)
app.command(rich_help_panel=DAILY)(recover)
app.command("import", rich_help_panel=DAILY)(import_file)
app.add_typer(owed, name="owed", rich_help_panel=DAILY)
app.add_typer(quarantine, name="quarantine", rich_help_panel=DAILY)
app.command(rich_help_panel=READING)(sql)
app.command(rich_help_panel=READING)(explain)
app.command(rich_help_panel=READING)(export)
app.command(rich_help_panel=READING)(reconcile)
app.add_typer(publications, name="publications", rich_help_panel=READING)
app.command(rich_help_panel=READING)(env)
app.command(rich_help_panel=WATCHING)(up)
app.command(rich_help_panel=WATCHING)(health)
app.add_typer(alerts, name="alerts", rich_help_panel=WATCHING)
app.command(rich_help_panel=WATCHING)(serve)
app.command("serve-dagster", hidden=True)(serve_dagster)
app.command(rich_help_panel=WATCHING)(refresh)
app.command(rich_help_panel=OPERATING)(init)
app.command(rich_help_panel=OPERATING)(doctor)
app.add_typer(clients, name="clients", rich_help_panel=OPERATING)
app.add_typer(server, name="server", rich_help_panel=OPERATING)
app.add_typer(sandbox, name="sandbox", rich_help_panel=OPERATING)
app.command(rich_help_panel=OPERATING)(demo)
app.command(rich_help_panel=OPERATING)(where)
app.add_typer(storage, name="storage", rich_help_panel=OPERATING)
app.command(rich_help_panel=OPERATING)(backup)
app.command(rich_help_panel=OPERATING)(restore)


def _print_version(is_asked: bool) -> None:
    """Print the version and end, before a command is looked for."""
    if is_asked:
        from importlib.metadata import version as version_of

        typer.echo(f"meta-ads {version_of('meta-ads-warehouse')} ({CODE})")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_print_version,
            help="Print the version, and where the program is.",
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command; the help above is the application's."""


def main() -> None:
    """Run the command that the arguments name, and end the process with its exit code."""
    only_for_the_owner()
    # A service manager ends a process with SIGTERM: the same orderly end as Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    guard_last_resort()
    code = _run(lambda: app(standalone_mode=False))
    if code != INTERRUPTED:
        sys.exit(code)
    # Threads may still wait for an answer of the API, which nobody needs any more.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(command: Callable[[], Any]) -> int:
    """Call the command; returns its exit code, or that of the error that it raised."""
    try:
        result = command()
    except typer.exceptions.TyperException as error:
        if text := error.format_message().strip():
            _say_safely(f"{text.rstrip('.')}. {_called(error)} --help lists commands and options.")
        return WRONG_USE
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except ImportError as error:
        return _explain_import(error)
    except Exception as error:
        if "--debug" in sys.argv:
            log_to(hide=_hider())
            logging.exception("Failed")
        return _explain_error(error)
    # typer returns the code of an Exit, and makes one of its own of Ctrl-C.
    if result == INTERRUPTED:
        return _interrupted()
    return result if isinstance(result, int) else DONE


def _called(error: typer.exceptions.TyperException) -> str:
    """The command that was called in a wrong way, such as `meta-ads publications diff`."""
    context = getattr(error, "ctx", None)
    return " ".join([NAME, *(context.command_path.split()[1:] if context else ())])


def _interrupted() -> int:
    # Behind the ^C that a terminal shows, or behind a question.
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    say_error(
        "Interrupted. What was stored is complete; the next run continues from there."
        if command in COLLECTING
        else "Interrupted. Nothing was left half done."
    )
    return INTERRUPTED


def _explain_import(error: ImportError) -> int:
    """Print which package cannot be loaded; what hides secrets may need that package itself."""
    reason = " ".join(str(error).split())
    say_error(
        f"A package that is needed cannot be loaded: {reason}. Install all anew: in a checkout "
        "delete .venv and run make setup, else pipx reinstall meta-ads-warehouse."
    )
    return WRONG_USE


def _explain_error(error: Exception) -> int:
    """Print an error in one sentence; returns its exit code."""
    if isinstance(error, MetaAdsError):
        _say_safely(str(error))
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        _say_safely(f"{error.strerror}: {error.filename or ''}. Nothing of this step was kept.")
        return FAILED
    _say_safely(f"An unexpected error: {type(error).__name__}: {error}. --debug shows more.")
    return FAILED


def _say_safely(text: str) -> None:
    """Print a sentence on stderr without the secrets that an error may quote."""
    try:
        hide = _hider()
    except ImportError as error:
        _explain_import(error)
    else:
        say_error(hide(text))


def _hider() -> Callable[[str], str]:
    from orchestration.alerting.destinations.secrets import hider
    from orchestration.secret_forms import masked

    try:
        return hider()
    except Exception:
        # The error that is to be told may be that no setting can be read.
        return masked


if __name__ == "__main__":
    main()
