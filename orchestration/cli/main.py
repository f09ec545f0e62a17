"""`meta-ads`: puts the commands together and turns every error into one sentence and an exit code.

Heavy imports wait until a command needs them.
"""

import atexit
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer
import typer.exceptions

from orchestration.cli.commands.alerts import alerts
from orchestration.cli.commands.backup import backup, restore
from orchestration.cli.commands.clients import clients
from orchestration.cli.commands.decisions import owed, quarantine
from orchestration.cli.commands.health import health, refresh, serve, serve_dagster
from orchestration.cli.commands.jobs import build, collect, recover, run
from orchestration.cli.commands.publications import explain, publications
from orchestration.cli.commands.sandbox import sandbox
from orchestration.cli.commands.server import server
from orchestration.cli.commands.up import up
from orchestration.cli.commands.warehouse import env, sql
from orchestration.cli.output.console import say_error
from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.logs import guard_last_resort, log_to
from orchestration.process.private_files import only_for_the_owner

INTERRUPTED = 130

app = typer.Typer(
    name="meta-ads",
    help="Meta Ads Insights, collected with receipts and published whole or not at all.\n\n"
    "Without a token and a clients file every command uses a sandbox with 16 demo clients.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(collect)
app.command()(build)
app.command()(recover)
app.command()(env)
app.command()(sql)
app.command()(up)
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
