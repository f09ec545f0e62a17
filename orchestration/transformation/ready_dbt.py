"""A dbt that is ready to build: loaded, with the project parsed, while other work is done.

Loading and parsing take three seconds of one core. The process waits on its stdin for what to run,
then runs it as `dbt` would; it ends when its stdin closes without that.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from orchestration.settings import Settings
from orchestration.transformation.project import PROJECT_DIR, dbt_environment, has_manifest

MODULE = "orchestration.transformation.ready_dbt"
DONE, FAILED, BROKEN = 0, 1, 2
"""The exit codes of dbt: all is well, a node or a test failed, dbt itself failed."""
_started: list["subprocess.Popen[bytes]"] = []


def start_dbt(settings: Settings) -> None:
    """Start a process that gets ready. Where the project must be parsed from nothing, does not."""
    if _started or not has_manifest(settings):
        return
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | dbt_environment(settings) | {"PYTHONUNBUFFERED": "1"},
        cwd=PROJECT_DIR,
    )
    _started.append(process)


def take_dbt(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> "subprocess.Popen[bytes] | None":
    """The process, which now runs dbt with these arguments; None where there is none to take."""
    if not _started:
        return None
    process = _started.pop()
    assert process.stdin
    try:
        process.stdin.write(json.dumps([[*arguments], {**environment}]).encode())
        process.stdin.close()
    except OSError:
        return None
    return process


def _wait_and_run() -> int:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    parsed = dbtRunner().invoke(["--log-level", "none", "--no-write-json", "parse"])
    if not (request := sys.stdin.read()):
        return DONE
    arguments, environment = json.loads(request)
    os.environ.update(environment)
    manifest = parsed.result if isinstance(parsed.result, Manifest) else None
    ended = dbtRunner(manifest=manifest).invoke(arguments)
    if ended.success:
        return DONE
    return FAILED if ended.exception is None else BROKEN


if __name__ == "__main__":
    sys.exit(_wait_and_run())
