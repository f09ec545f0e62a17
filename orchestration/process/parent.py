"""Servers that a process of the project starts end with it, however it ends."""

import os
import signal
import threading
import time


def exit_with_parent(grace_seconds: float = 0.0) -> None:
    """End this process as soon as its stdin does: the parent holds the other end.

    With a grace it is asked to end in order first, and has so long for it.
    """
    threading.Thread(target=_exit_at_end_of_input, args=(grace_seconds,), daemon=True).start()


def _exit_at_end_of_input(grace_seconds: float) -> None:
    while os.read(0, 4096):
        pass
    if grace_seconds:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
    os._exit(0)
