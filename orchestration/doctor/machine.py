"""The machine: Python, the disk, the folder of the state, the settings and the clients file."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psutil

from orchestration.clients.model import load_clients
from orchestration.doctor.line import Line, failure, ok, warning
from orchestration.settings import Settings, other_state_text
from orchestration.settings.env_file import notices
from orchestration.settings.places import clients_files, env_file, other_state
from orchestration.shipped_files import CODE, checkout
from orchestration.text import instant, plural, size

ENOUGH_PERCENT = 10
"""Free share of the disk below which the dashboard warns, too."""
LEAST_BYTES = 500 * 1024**2
"""A first build writes so much."""


def python() -> Iterator[Line]:
    """The version of Python and of this program."""
    kind = "a checkout" if checkout() else "an installed package"
    program = f"meta-ads {version('meta-ads-warehouse')}, {kind} in {CODE}"
    yield ok("Python", f"{platform.python_version()} ({sys.executable}); {program}")


def state_folder(settings: Settings) -> Iterator[Line]:
    """Whether the state folder can be written, and how full its disk is."""
    folder = _nearest(settings.home)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield failure(
            "State folder",
            f"{settings.home} cannot be written by this user",
            "give the folder to this user with chown, or name another in META_ADS_HOME",
        )
    else:
        there = "" if settings.home.is_dir() else ", made by the first command"
        yield ok("State folder", f"{settings.home}{there}")
    disk = psutil.disk_usage(str(folder))
    text = f"{size(disk.free)} free of {size(disk.total)}"
    mend = "meta-ads storage says what takes the room"
    if disk.free < LEAST_BYTES:
        yield failure("Disk", text, mend)
    elif disk.free * 100 < disk.total * ENOUGH_PERCENT:
        yield warning("Disk", text, mend)
    else:
        yield ok("Disk", text)


def settings_file(settings: Settings) -> Iterator[Line]:
    """The file of settings, and what a person should know of it."""
    path = env_file()
    there = "" if path.is_file() else ", which is not there"
    yield ok("Settings", f"the environment, then {path}{there}")
    if "home" not in settings.model_fields_set and (other := other_state()):
        yield failure("Settings", other_state_text(settings, other))
    for notice in notices(settings.api_url):
        yield warning("Settings", notice)
    if (at := settings.now_override) is not None:
        yield warning(
            "Settings",
            f"META_ADS_NOW is set: all work is as of {instant(at)}",
            "take META_ADS_NOW out of the environment and of .env",
        )


def clients_file(settings: Settings, *, is_demo: bool) -> Iterator[Line]:
    """The clients file."""
    path = settings.clients_file
    if is_demo:
        yield ok("Clients", "the 16 of the demo")
    elif path.is_file():
        yield ok("Clients", f"{path}: {plural(len(load_clients(path)), 'client')}")
    else:
        is_named = "clients_file" in settings.model_fields_set
        places = [path] if is_named else clients_files()
        yield failure(
            "Clients",
            f"no clients file: looked for as {' and '.join(map(str, places))}",
            "meta-ads init, or meta-ads clients discover --write",
        )


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path("/"))
