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

from orchestration.errors import MetaAdsError
from orchestration.settings import Settings
from orchestration.shipped_files import CODE
from orchestration.transformation.project import (
    PROJECT_DIR,
    dbt_environment,
    has_manifest,
    project_digest,
)

MODULE = "orchestration.transformation.ready_dbt"
DONE, FAILED, BROKEN = 0, 1, 2
"""The exit codes of dbt: all is well, a node or a test failed, dbt itself failed."""
_started: list[tuple["subprocess.Popen[bytes]", str]] = []
"""The process that gets ready, and the digest of the project that it parses."""
log = logging.getLogger(__name__)


def start_dbt(settings: Settings) -> None:
    """Start a process that gets ready, if one can be started.

    Where the project must be parsed from nothing, none is started: loading Dagster parses it.
    """
    if _started or not has_manifest(settings):
        return
    digest = project_digest()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | dbt_environment(settings) | {"PYTHONUNBUFFERED": "1"},
            # Python looks for modules here first: the folder of this program, not of the caller.
            cwd=CODE,
        )
    except (OSError, MetaAdsError) as error:
        log.warning("No dbt gets ready beside this run (%s); one is started later", error)
        return
    _started.append((process, digest))


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
    process.communicate()
    return None


def _wait_and_run() -> int:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    folder = ("--project-dir", str(PROJECT_DIR))
    parsed = dbtRunner().invoke(["--log-level", "none", "--no-write-json", "parse", *folder])
    if not (request := sys.stdin.read()):
        return DONE
    arguments, environment = json.loads(request)
    os.environ.update(environment)
    os.chdir(PROJECT_DIR)
    manifest = parsed.result if isinstance(parsed.result, Manifest) else None
    ended = dbtRunner(manifest=manifest).invoke(arguments)
    if ended.success:
        return DONE
    return FAILED if ended.exception is None else BROKEN


if __name__ == "__main__":
    sys.exit(_wait_and_run())
