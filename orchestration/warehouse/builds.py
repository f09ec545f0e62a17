"""Who holds the build: the owner's name travels to SQL, and a dead owner is cleared away."""

import os
import socket

import psutil

from orchestration.warehouse.connection import Connection


def build_owner() -> str:
    """This process, so that another one can tell later whether it still lives."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def clear_dead_build(connection: Connection, *, take_over: bool = False) -> bool:
    """Close a build whose owner on this machine is gone, or any running one with `take_over`.

    Safe at any time: a build that goes on all the same is stopped at its next step, because
    every step checks that it still holds the build.
    """
    row = connection.execute("select owner from ops.builds where state = 'running'").fetchone()
    if row is None or not (take_over or owner_is_dead(row[0])):
        return False
    connection.execute(
        "update ops.builds set state = 'superseded', finished_at = clock_timestamp() "
        "where state = 'running' and owner = %s",
        [row[0]],
    )
    return True


def owner_is_dead(owner: str) -> bool:
    """Whether a process of this machine that called itself so is gone."""
    host, _, rest = owner.partition("/")
    pid, _, created = rest.partition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != created
    except psutil.NoSuchProcess:
        return True
