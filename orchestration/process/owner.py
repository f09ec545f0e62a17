"""The name of a process as the owner of work in the warehouse, and whether the process is gone.

A name has only parts that can be checked later without doubt: the host, the process id, and the
boot, the PID namespace and the start since boot. Setting the clock changes none of them. In another
boot or namespace nothing is known of the process: then the end of its lease decides.
"""

import os
import socket
from functools import cache
from pathlib import Path
from typing import Literal

import psutil

PROC = Path("/proc")
START_FIELD = 19
"""Place of `starttime`, in ticks since boot, among the fields of /proc/PID/stat after the name."""


def build_owner() -> str:
    """The name of this process, from which another process can tell later whether it is alive."""
    return f"{socket.gethostname()}/{os.getpid()}/{_surroundings()}.{_start(os.getpid())}"


def owner_is_dead(owner: str) -> bool:
    """Whether the process of that name is known to be gone."""
    return owner_state(owner) == "dead"


def owner_state(owner: str) -> Literal["alive", "dead", "unknown"]:
    """What is known of the process of that name."""
    _, _, rest = owner.partition("/")
    pid, _, mark = rest.partition("/")
    surroundings, _, start = mark.rpartition(".")
    if not is_of_this_host(owner) or not pid.isdigit() or surroundings != _surroundings():
        return "unknown"
    try:
        return "alive" if _start(int(pid)) == start else "dead"
    except (psutil.NoSuchProcess, OSError):
        return "dead"


def is_of_this_host(owner: str) -> bool:
    """Whether the owner names this host; another host may have the same name."""
    return owner.partition("/")[0] == socket.gethostname()


@cache
def _surroundings() -> str:
    """Where a process id is valid: this boot of the kernel and the PID namespace."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        # Such as pid:[4026531836]; containers of one machine have one each.
        namespace = os.readlink(PROC / "self/ns/pid").strip("pid:[]")  # noqa: PTH115
    except OSError:
        # Not Linux: there are no namespaces, and the start is a time of the clock.
        return "clock"
    return f"{boot}.{namespace}"


def _start(pid: int) -> str:
    """When a process began, in a form that setting the clock does not change."""
    if _surroundings() == "clock":
        return f"{psutil.Process(pid).create_time():.2f}".replace(".", "-")
    # The name, in parentheses, may hold spaces and parentheses itself.
    fields = (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return fields[START_FIELD]
