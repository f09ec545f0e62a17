"""Forks a child for each word on stdin, `evaluate` or `deliver`: says its pid, then how it ended.

Everything is imported once, so that a child is at work from its first moment on.
"""

import os
import sys
from collections.abc import Callable

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import Settings, load_settings

JOBS: dict[str, Callable[[Settings], object]] = {"evaluate": evaluate, "deliver": deliver}


def main() -> None:
    settings = load_settings()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            JOBS[line.strip()](settings)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
