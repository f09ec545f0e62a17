"""Errors of the file system and of hanging programs, as errors of this project."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import MetaAdsError, UnreachableError


@contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Turn an error of the file system, or a program that hangs, into one plain sentence.

    Raises:
        MetaAdsError: a file or folder cannot be used; `folder` where the error names none.
        UnreachableError: a program did not end in time.
    """
    try:
        yield
    except OSError as error:
        raise MetaAdsError(
            f"The embedded Postgres cannot use {error.filename or folder}: "
            f"{error.strerror or error}."
        ) from error
    except subprocess.TimeoutExpired as error:
        program = Path(str(error.cmd[0])).name
        raise UnreachableError(
            f"The embedded Postgres hangs: `{program}` did not end in {error.timeout:.0f} s."
        ) from error
