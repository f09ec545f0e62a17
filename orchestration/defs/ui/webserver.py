"""Serves the Dagster UI behind the project's own login, with Dagster's code server and daemon.

It starts what `dagster dev` starts, in the same way. `dagster dev` has no place for a login, and a
proxy in another process would leave an unprotected Dagster beside it. So this serves Dagster's
application itself, which needs a few classes that Dagster does not export.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import dagster as dg
import psutil
import yaml
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget, WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.applications import Starlette

from orchestration.defs.runs.instance import ensure_dagster_home
from orchestration.errors import MetaAdsError
from orchestration.process.current_folder import current_folder
from orchestration.process.parent import exit_with_parent as end_with_parent
from orchestration.settings import Settings
from orchestration.web.dagster_protection import protect_dagster
from orchestration.web.http_server import SHUTDOWN_SECONDS, check_binding, serve_http

MODULE = "orchestration.definitions"
POLL_MILLISECONDS = 2000
"""How often an open page asks for changes; the value of `dagster dev`."""
STATEMENT_MILLISECONDS, RECYCLE_SECONDS, POOL_OVERFLOW = 15_000, 3600, 20
"""Limits for Dagster's own database, if it is a Postgres; the values of Dagster's web server."""
ENDING = (signal.SIGINT, signal.SIGTERM)
DAEMON_SECONDS = 10
"""How long the daemon may take to end."""


def serve_dagster(settings: Settings, host: str, port: int, *, exit_with_parent: bool) -> None:
    """Serve Dagster's UI until the process is told to end.

    Raises:
        UsageError: the port is in use, a token cannot be used, or, without an admin token, the
            address is not on loopback.
        MetaAdsError: the daemon ended by itself.
    """
    check_binding(settings, host)
    os.environ["DAGSTER_HOME"] = str(ensure_dagster_home(settings))
    # SIGTERM ends this process like Ctrl-C, so that the code server and the daemon end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if exit_with_parent:
        end_with_parent(DAEMON_SECONDS + 2 * SHUTDOWN_SECONDS)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        instance.optimize_for_webserver(STATEMENT_MILLISECONDS, RECYCLE_SECONDS, POOL_OVERFLOW)
        with _quiet_while_loading():
            workspace = stack.enter_context(_workspace(instance))
        daemon = stack.enter_context(_daemon(workspace))
        with _quiet_while_loading():
            app = stack.enter_context(_application(instance, workspace))
        serve_http(
            settings,
            protect_dagster(app, settings, host),
            host,
            port,
            with_websockets=True,
            should_stop=lambda: daemon.poll() is not None,
        )
        if (code := daemon.poll()) is not None:
            raise MetaAdsError(f"Dagster's daemon ended by itself (exit code {code}).")


@contextmanager
def _quiet_while_loading() -> Iterator[None]:
    """Kill the code server at an interrupt: while it loads, an orderly end prints tracebacks."""

    def kill_and_end(*_: object) -> None:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, kill_and_end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _workspace(instance: dg.DagsterInstance) -> Iterator[Path]:
    """Start the code server; yields the file that tells web server and daemon where it listens."""
    target = ModuleTarget(
        module_name=MODULE,
        attribute=None,
        working_directory=str(current_folder() or Path("/")),
        location_name=None,
    )
    with (
        ProxyServerManager(instance, target, code_server_log_level="warning") as manager,
        tempfile.TemporaryDirectory(prefix="meta-ads-") as folder,
    ):
        path = Path(folder) / "workspace.yaml"
        path.write_text(yaml.dump({"load_from": manager.get_code_server_specs()}), "utf-8")
        yield path


@contextmanager
def _daemon(workspace: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start Dagster's daemon, which runs schedules, sensors and the queue of runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.defs.ui.daemon", "--workspace", str(workspace)],
        # The pipe closes when this process ends, even if it is killed: then the daemon ends, too.
        stdin=subprocess.PIPE,
        # Ctrl-C reaches this process alone, which ends the daemon.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Dagster treats SIGTERM like Ctrl-C; a process that still starts ends without a traceback.
        process.terminate()
        try:
            process.wait(DAEMON_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _application(instance: dg.DagsterInstance, workspace: Path) -> Iterator[Starlette]:
    """Dagster's web application."""
    target = WorkspaceFileTarget(paths=[str(workspace)])
    with WorkspaceProcessContext(instance, target, version=dg.__version__) as context:
        yield create_app_from_workspace_process_context(context, "", POLL_MILLISECONDS)
