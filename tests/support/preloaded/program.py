"""What a forked child does to become the program that was asked for, and to run it."""

import io
import os
import random
import runpy
import socket
import sys
import tempfile
import time
import warnings
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path
from types import ModuleType

from preloaded import popen
from preloaded.request import STARTED, Request, listen, say
from preloaded.server import Forked, Server

FREE = 256
"""Descriptors from here on are not handed to programs."""


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
    connection = _place(forked)
    os.umask(request.umask)
    os.chdir(request.folder)
    _set_environment(request.environment)
    say(connection, STARTED, os.getpid())
    connection.close()
    return None


def _place(forked: Forked) -> socket.socket:
    """Give the descriptors their numbers; returns the connection, which may have had one."""
    connection = socket.socket(fileno=_moved(forked.connection.detach()))
    sources = [_moved(source) for source in forked.streams]
    for number, source in zip([0, 1, 2, *forked.request.passed], sources, strict=True):
        os.dup2(source, number)
        os.close(source)
    return connection


def _moved(descriptor: int) -> int:
    """The same under a number that no program is given."""
    moved = fcntl(descriptor, F_DUPFD_CLOEXEC, FREE)
    os.close(descriptor)
    return moved


def _twin() -> Server | None:
    address, listener = listen()
    life, mine = map(_moved, os.pipe())
    if first := os.fork():
        # The twin is no child of the program, which may look at its children.
        os.waitpid(first, 0)
        listener.close()
        os.close(life)
        popen.use(address)
        # `mine` stays open until this process ends: then the twin ends, too.
        return None
    if os.fork():
        os._exit(0)
    os.close(mine)
    for number in range(3):
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, number)
        os.close(nothing)
    return Server(listener, life)


def _set_environment(environment: dict[str, str]) -> None:
    # Where temporary files go is remembered by whoever asked first.
    tempfile.tempdir = None
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
