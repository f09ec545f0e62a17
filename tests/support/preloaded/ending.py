"""The end of a forked program: what the interpreter does at its own end, as far as it shows.

Not done is taking every module apart: after so many imports that takes a third of a second.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

WRONG = 1


def end_after(program: Callable[[], object]) -> NoReturn:
    """Run a program to its end, and end this process with its exit code."""
    code, is_interrupted = 0, False
    try:
        program()
    except SystemExit as ended:
        code = _code_of(ended)
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        code, is_interrupted = WRONG, True
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = WRONG
    # Waits for threads that are no daemons, as the interpreter does before the handlers.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        _flush(stream)
    if is_interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def _code_of(ended: SystemExit) -> int:
    if ended.code is None:
        return 0
    if isinstance(ended.code, int):
        return ended.code & 0xFF
    sys.stderr.write(f"{ended.code}\n")
    return WRONG


def _flush(stream: object) -> None:
    try:
        stream.flush()  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        # Closed, or nobody reads it any more.
        return
