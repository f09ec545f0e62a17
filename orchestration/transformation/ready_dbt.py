"""A dbt that is ready to build: loaded, with the project parsed, while other work is done.

Loading and parsing take three seconds of one core. The process waits on its stdin for what to run,
then runs it as `dbt` would; it ends when its stdin closes without that.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from orchestration.errors import MetaAdsError
from orchestration.settings import Settings
from orchestration.shipped_files import CODE
from orchestration.transformation.project import (
    PROJECT_DIR,
    dbt_environment,
    has_manifest,
    keep_manifest,
    lock_parsing,
    manifest_path,
    project_digest,
)

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

MODULE = "orchestration.transformation.ready_dbt"
DONE, FAILED, BROKEN = 0, 1, 2
"""The exit codes of dbt: all is well, a node or a test failed, dbt itself failed."""
_started: list[tuple["subprocess.Popen[bytes]", str]] = []
"""The process that gets ready, and the digest of the project that it parses."""
log = logging.getLogger(__name__)


def start_dbt(settings: Settings) -> None:
    """Start a process that gets ready, if one can be started.

    Where the project must be parsed from nothing, it keeps the manifest for all; meanwhile
    `ensure_manifest` waits. None is started while another process parses it.
    """
    if _started:
        return
    digest = project_digest()
    lock = None
    try:
        if not has_manifest(settings) and (lock := lock_parsing(settings)) is None:
            return
        _started.append((_process(settings, lock), digest))
    except (OSError, MetaAdsError) as error:
        log.warning("No dbt gets ready beside this run (%s); one is started later", error)
    finally:
        # The process holds the lock from now on.
        if lock is not None:
            lock.close()


def _process(settings: Settings, lock: BinaryIO | None) -> "subprocess.Popen[bytes]":
    held = () if lock is None else (lock.fileno(),)
    kept = () if lock is None else (str(lock.fileno()), str(manifest_path(settings)))
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, *kept],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | dbt_environment(settings) | {"PYTHONUNBUFFERED": "1"},
        # Python looks for modules here first: the folder of this program, not of the caller.
        cwd=CODE,
        pass_fds=held,
    )


def take_dbt(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> "subprocess.Popen[bytes] | None":
    """The process, which now runs dbt with these arguments; None where there is none to take.

    One that parsed the project as it was before its files changed is not taken.
    """
    if not _started:
        return None
    process, digest = _started.pop()
    try:
        if digest == project_digest():
            assert process.stdin
            process.stdin.write(json.dumps([[*arguments], {**environment}]).encode())
            process.stdin.close()
            return process
    except OSError as error:
        log.warning("The dbt that got ready is gone (%s)", error)
    process.kill()
    # Not `communicate`: the pipe to a process that is gone is closed already.
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()
    return None


def _parse(kept: Sequence[str]) -> "Manifest | None":
    """The project, parsed; None where it cannot be.

    `kept`, where the manifest is to be kept: the lock that is held meanwhile, and the path.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    folder = ("--project-dir", str(PROJECT_DIR))
    written = () if kept else ("--no-write-json",)
    parsed = dbtRunner().invoke(["--log-level", "none", *written, "parse", *folder]).result
    if kept:
        lock, path = kept
        if isinstance(parsed, Manifest):
            keep_manifest(Path(os.environ["DBT_TARGET_PATH"]) / "manifest.json", Path(path))
        os.close(int(lock))
    return parsed if isinstance(parsed, Manifest) else None


def _wait_and_run(kept: Sequence[str]) -> int:
    from dbt.cli.main import dbtRunner

    manifest = _parse(kept)
    if not (request := sys.stdin.read()):
        return DONE
    arguments, environment = json.loads(request)
    os.environ.update(environment)
    os.chdir(PROJECT_DIR)
    ended = dbtRunner(manifest=manifest).invoke(arguments)
    if ended.success:
        return DONE
    return FAILED if ended.exception is None else BROKEN


if __name__ == "__main__":
    sys.exit(_wait_and_run(sys.argv[1:]))
