"""Ends a server when the process that started it ends, in whatever way."""

import os
import signal
import threading
import time


def exit_with_parent(grace_seconds: float = 0.0) -> None:
    """End this process when its stdin closes, because the parent holds the other end.

    With a grace, SIGTERM comes first and leaves it so many seconds to shut down.
    """
    threading.Thread(target=_exit_at_end_of_input, args=(grace_seconds,), daemon=True).start()


def _exit_at_end_of_input(grace_seconds: float) -> None:
    while os.read(0, 4096):
        pass
    if grace_seconds:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
    os._exit(0)
