"""Which processes are forked, and which are started from nothing."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

MAY_BE_FORKED = "# Everything that this program imports may have been imported before.\n"
"""Begins a program for `python -c` that may be forked; others start from nothing."""
SCRIPTS = {"meta-ads", "dbt"}
FAMILIES = {"up", "serve-dagster", "orchestration.defs.ui.daemon"}
"""Processes whose children and command lines the tests look at: they start from nothing."""
HARMLESS = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
_as_installed: list[bool] = [True] if os.environ.get("FROM_NOTHING") else []
"""Not empty while all start from nothing: throughout with `FROM_NOTHING=1 pytest …`."""


@contextmanager
def from_nothing() -> Iterator[None]:
    """Every process that is started meanwhile starts from nothing, as for a user."""
    _as_installed.append(True)
    try:
        yield
    finally:
        _as_installed.pop()


@pytest.fixture(scope="module")
def as_installed() -> Iterator[None]:
    """For a module: its claims are about the start of processes, or about their families."""
    with from_nothing():
        yield


def words_to_fork(program: str, words: Sequence[str], env: Mapping[str, str]) -> list[str] | None:
    """The words after `python` of a process that may be forked; None for any other."""
    if _as_installed or FAMILIES & {*words[1:4]} or not _is_plain(env):
        return None
    path, rest = Path(program), list(words[1:])
    if path.parent == Path(sys.executable).parent and path.name in SCRIPTS:
        return [program, *rest]
    if program != sys.executable:
        return None
    if rest[:1] == ["-m"] and rest[1].partition(".")[0] == "orchestration":
        return rest
    after = rest[2:] if rest[:2] == ["-W", "ignore"] else rest
    if after[:1] == ["-c"] and after[1].startswith(MAY_BE_FORKED):
        return rest
    return None


def _is_plain(env: Mapping[str, str]) -> bool:
    """Whether the interpreter would start in this environment as the forking process did."""
    python = {name for name in env if name.startswith("PYTHON")}
    locale = next((env[name] for name in LOCALE if env.get(name)), "C.UTF-8")
    return python <= HARMLESS and locale.lower().replace("-", "").endswith("utf8")


def umask() -> int:
    """The umask of this process, which can be read without setting it there alone."""
    status = Path(f"/proc/{os.getpid()}/status").read_text("ascii", "replace")
    return int(status.partition("Umask:")[2].split()[0], 8)
