"""Runs pg_dump, pg_restore and psql; their output goes on without a file between."""

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
    "dagster_records",
)
"""The schemas that this project makes; everything else in the database is left alone."""
CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 10
"""So many bytes hold all settings at the beginning of a script, and no data."""
LOST = ("server closed the connection", "could not connect", "connection to server", "terminating")


def dump(settings: Settings, target: IO[bytes]) -> int:
    """Write the warehouse as pg_dump sees it in one snapshot; returns the bytes written.

    Candidates are left out, because every build makes them again.

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
    """Restore what `dump` wrote into a database without these schemas: all of it or nothing.

    The login becomes the owner; `migrate` makes roles and their rights again.

    Raises:
        UnreachableError, MetaAdsError: as `dump`.
    """
    to_server = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    with _running(settings, "psql", [*to_server, "--no-password"], stdin=subprocess.PIPE) as server:
        assert server.stdin is not None
        # If psql gave up, its own error says why.
        with suppress(BrokenPipeError):
            _write_script(settings, source, server.stdin)
        # The end of its input makes psql commit, so it comes only after the whole script.
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
    """Write the dump to pg_restore, which may give up before the end."""
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
    """Run the program for the time of the block; it ends with the block, also on an error."""
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            [installed_binaries().program(program), *arguments],
            env=os.environ | libpq_environment(settings),
            stdin=stdin,
            stdout=stdout,
            stderr=messages,
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
            messages.seek(0)
            raise _error(program, messages.read().decode("utf-8", "replace"))


def _error(program: str, messages: str) -> MetaAdsError:
    lines = [line.strip() for line in messages.splitlines() if "error:" in line]
    first = lines[0] if lines else messages.strip()
    text = f"{program} failed: {first.removeprefix(f'{program}: ')}"
    if any(part in messages for part in LOST):
        return UnreachableError(f"{text}. The warehouse went away; try again.")
    return MetaAdsError(f"{text}.")


def _copy(source: IO[bytes], target: IO[bytes]) -> int:
    total = 0
    while chunk := source.read(CHUNK_BYTES):
        target.write(chunk)
        total += len(chunk)
    return total
