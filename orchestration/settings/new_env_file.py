"""Writes a first `.env`: every setting with its comment, all off but those that are given."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.shipped_files import DOCS

EXAMPLE = DOCS / ".env.example"
HEAD = """\
# Settings of meta-ads, for its owner alone: it may hold secrets. What is set here holds for every
# command, wherever it is called; the environment comes first. meta-ads doctor checks the settings.
"""
UNQUOTED = re.compile(r"[\w.:/|=+~-]+", re.ASCII)
"""What dotenv, shells and systemd read alike without quotes."""
OWNER_ONLY = 0o600


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Make the file, for its owner alone, at once and with these settings on.

    Raises:
        UsageError: there is such a file already, or a value that has no plain form.
    """
    _, _, text = EXAMPLE.read_text("utf-8").partition("\n\n")
    for name, value in values.items():
        if not UNQUOTED.fullmatch(value):
            raise UsageError(f"{name} has characters that no token has: nothing was written.")
        text = text.replace(f"#{name}=\n", f"{name}={value}\n", 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(OWNER_ONLY, exist_ok=False)
        draft.write_text(f"{HEAD}\n{text}", "utf-8")
        if path.exists():
            raise UsageError(f"{path} is there already: nothing was written.")
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
