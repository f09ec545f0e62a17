"""Runs pg_dump and pg_restore; what they write and read passes through, without a file between."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from orchestration.errors import MetaAdsError, UnreachableError
from orchestration.settings import Settings
from orchestration.warehouse.connection import libpq_environment
from orchestration.warehouse.server_binaries import installed_binaries

SCHEMAS = (
    "ops",
    "landing",
    "staging",
    "quarantine",
    "intermediate",
    "candidate",
    "audit",
    "published",
    "history",
    "marts",
    "as_of",
    "marts_as_of",
    "serving",
)
"""What this project makes in its database; whatever else is there is left alone."""
CHUNK_BYTES = 1 << 20
LOST = ("server closed the connection", "could not connect", "connection to server", "terminating")


def dump(settings: Settings, target: IO[bytes]) -> int:
    """Write the warehouse as pg_dump sees it in one snapshot; returns the bytes written.

    Candidates are left out: they hold nothing that is not built again.

    Raises:
        UnreachableError: the warehouse went away meanwhile.
        MetaAdsError: pg_dump failed otherwise; ends with its last words.
    """
    arguments = ["--format=custom", "--no-unlogged-table-data", "--no-password"]
    arguments += [f"--schema={name}" for name in SCHEMAS]
    with _running(settings, "pg_dump", arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        return _copy(process.stdout, target)


def restore(settings: Settings, source: IO[bytes]) -> None:
    """Read back what `dump` wrote, into a database without these schemas: all of it or nothing.

    It belongs to whoever logs in; roles and their rights are made anew by `migrate`.

    Raises:
        UnreachableError, MetaAdsError: as `dump`.
    """
    database = libpq_environment(settings)["PGDATABASE"]
    arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    arguments += ["--no-password", f"--dbname={database}"]
    with _running(settings, "pg_restore", arguments, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            _copy(source, process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            # It gave up; its last words say why.
            pass


@contextmanager
def _running(
    settings: Settings,
    program: str,
    arguments: list[str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator["subprocess.Popen[bytes]"]:
    """The program; ended with the block, whatever happens in it."""
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [installed_binaries().program(program), *arguments],
            env=os.environ | libpq_environment(settings),
            stdin=stdin,
            stdout=stdout,
            stderr=words,
        )
        try:
            yield process
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        if code:
            words.seek(0)
            raise _error(program, words.read().decode("utf-8", "replace"))


def _error(program: str, words: str) -> MetaAdsError:
    lines = [line.strip() for line in words.splitlines() if "error:" in line] or [words.strip()]
    text = f"{program} failed: {lines[0].removeprefix(f'{program}: ')}"
    if any(part in words for part in LOST):
        return UnreachableError(f"{text}. The warehouse went away; try again.")
    return MetaAdsError(f"{text}.")


def _copy(source: IO[bytes], target: IO[bytes]) -> int:
    total = 0
    while chunk := source.read(CHUNK_BYTES):
        target.write(chunk)
        total += len(chunk)
    return total
