"""Debian's programs that some tests need; without one of them the tests say so, loudly."""

import os
import shutil
from typing import NamedTuple

import pytest


class Needed(NamedTuple):
    """What is not tested without a program, the package that has it, and its names."""

    what: str
    package: str
    names: tuple[str, ...]

    @property
    def absent(self) -> str:
        """Why a test is skipped."""
        return f"{self.names[0]} is not installed: sudo apt-get install {self.package}"


CHROMIUM = Needed("THE DASHBOARD", "chromium", ("chromium", "chromium-browser"))
PGBOUNCER = Needed("A POOLER", "pgbouncer", ("pgbouncer",))
REDIS = Needed("WORK ON SEVERAL MACHINES", "redis-server", ("redis-server",))
COMPOSE = Needed("THE COMPOSE FILE", "docker-compose", ("docker-compose",))
SYSTEMD = Needed("THE UNITS OF SYSTEMD", "systemd", ("systemd-analyze",))
PROGRAMS = (CHROMIUM, PGBOUNCER, REDIS, COMPOSE, SYSTEMD)


def path_of(needed: Needed) -> str:
    """Its path. Without one the test is skipped, or, where CI has to have it, fails."""
    # Debian keeps some of them where only root looks.
    folders = f"{os.environ['PATH']}:/usr/sbin"
    for name in needed.names:
        if path := shutil.which(name, path=folders):
            return path
    return (pytest.fail if os.environ.get("CI") else pytest.skip)(needed.absent)
