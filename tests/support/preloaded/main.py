"""`python -m preloaded.main DESCRIPTOR`: imports everything, then forks for who connects there."""

import os
import socket
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

from preloaded import popen
from preloaded.ending import end_after
from preloaded.program import become, run
from preloaded.server import Server

SUPPORT = Path(__file__).parents[1]


def main(descriptor: int, *, with_imports: bool) -> None:
    listener = socket.socket(fileno=descriptor)
    popen.use(listener.getsockname().decode())
    # Helpers of the tests may bear names of libraries.
    sys.path.remove(str(SUPPORT))
    if with_imports:
        # Found by the path of the package, which is imported.
        import_module("preloaded.imports").preload()
    # A descriptor of its own: the three streams are replaced in each child.
    forked = Server(listener, os.dup(sys.stdin.fileno())).serve()
    while forked is not None:
        beside = become(forked)
        if beside is None:
            end_after(partial(run, forked.request))
        forked = beside.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), with_imports=sys.argv[2:] == [popen.WITH_IMPORTS])
