"""Runs pg_dump, pg_restore and psql; what they write passes through, without a file between."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO

from orchestration.errors import MetaAdsError, UnreachableError
from orchestration.settings import Settings
from orchestration.warehouse.connection import libpq_environment
from orchestration.warehouse.embedded.binaries import installed_binaries

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
HEAD_BYTES = 1 << 10
"""The settings that begin a script are within it, and no data."""
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
    to_server = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    with _running(settings, "psql", [*to_server, "--no-password"], stdin=subprocess.PIPE) as server:
        assert server.stdin is not None
        # psql that gave up says why itself.
        with suppress(BrokenPipeError):
            _write_script(settings, source, server.stdin)
        # What it has read by now is whole, and is committed at the end of its input.
        with suppress(BrokenPipeError):
            server.stdin.close()


def _write_script(settings: Settings, source: IO[bytes], target: IO[bytes]) -> None:
    """Write a dump as SQL."""
    to_sql = ["--file=-", "--no-owner", "--no-privileges"]
    pipe = subprocess.PIPE
    with (
        ThreadPoolExecutor(1) as pool,
        _running(settings, "pg_restore", to_sql, stdin=pipe, stdout=pipe) as script,
    ):
        assert script.stdin is not None
        assert script.stdout is not None
        feeding = pool.submit(_feed, source, script.stdin)
        try:
            target.write(_for_any_server(script.stdout.read(HEAD_BYTES)))
            _copy(script.stdout, target)
        except BaseException:
            script.kill()
            raise
        finally:
            feeding.result()


def _feed(source: IO[bytes], target: IO[bytes]) -> None:
    """What pg_restore reads; it may give up before the end."""
    with suppress(BrokenPipeError), target:
        _copy(source, target)


def _for_any_server(head: bytes) -> bytes:
    """The beginning of the script without the one setting that Postgres 15 and 16 lack."""
    return head.replace(b"SET transaction_timeout = 0;\n", b"", 1)


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
