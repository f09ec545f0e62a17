"""What a forked child does to become the program that was asked for, and to run it."""

import io
import os
import random
import runpy
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType

from preloaded import popen
from preloaded.request import STARTED, Request, listen, say
from preloaded.server import Forked, Server


def become(forked: Forked) -> Server | None:
    """Make this process what was asked for; returns a server in the one that serves beside it.

    A command in a session of its own gets a server in that session: what it starts belongs to the
    session, too, and ends with it when the whole group is killed.
    """
    request = forked.request
    if request.is_new_session:
        os.setsid()
        if (twin := _twin()) is not None:
            forked.connection.close()
            for stream in forked.streams:
                os.close(stream)
            return twin
    else:
        os.setpgid(0, request.group)
    for number, stream in enumerate(forked.streams):
        os.dup2(stream, number)
    for stream in forked.streams:
        os.close(stream)
    os.umask(request.umask)
    os.chdir(request.folder)
    _set_environment(request.environment)
    say(forked.connection, STARTED, os.getpid())
    forked.connection.close()
    return None


def _twin() -> Server | None:
    address, listener = listen()
    life, mine = os.pipe()
    if os.fork():
        listener.close()
        os.close(life)
        popen.use(address)
        # `mine` stays open until this process ends: then the twin ends, too.
        return None
    os.close(mine)
    for number in range(3):
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, number)
        os.close(nothing)
    return Server(listener, life)


def _set_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # Python itself sets it where the locale is C, and for the processes that it starts.
    if not {"LC_ALL", "LC_CTYPE", "LANG"} & environment.keys():
        os.environ["LC_CTYPE"] = "C.UTF-8"
    time.tzset()
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if environment.get("PYTHONUNBUFFERED"):
        for number, name in ((1, "stdout"), (2, "stderr")):
            raw = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115
            stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def run(request: Request) -> None:
    """Run the program as the interpreter would: as `__main__`, from its first line."""
    first, *rest = request.words
    if first == "-W":
        warnings.simplefilter("ignore")
        first, *rest = rest[1:]
    if first == "-m":
        module = rest[0]
        sys.path.insert(0, str(Path.cwd()))
        sys.argv[:] = rest
        # It is run anew as the main module, whether or not another module had imported it.
        sys.modules.pop(module, None)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.path.insert(0, "")
        sys.argv[:] = ["-c", *rest[1:]]
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    else:
        sys.path.insert(0, str(Path(first).parent))
        sys.argv[:] = [first, *rest]
        runpy.run_path(first, run_name="__main__")
