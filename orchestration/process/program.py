"""How a person calls this program where a hint is printed: not everywhere is it on the PATH."""

import re
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path

from orchestration.process.current_folder import current_folder

NAME = "meta-ads"
COMMANDS = (
    *("alerts", "backup", "build", "clients", "collect", "demo", "env", "explain", "export"),
    *("health", "import", "owed", "publications", "quarantine", "reconcile", "recover"),
    *("refresh", "restore", "run", "sandbox", "serve", "serve-dagster", "server", "sql"),
    *("storage", "up", "where"),
)
"""The commands of the program: what else follows its name is no command but somebody's words."""
IN_A_SENTENCE = re.compile(
    rf"(?<![\w/.-]){NAME} (?=(?:{'|'.join(COMMANDS)}|--help|--version)(?![\w-]))"
)
"""The name in front of one of its commands, and not in a path or a longer name."""


@cache
def program() -> str:
    """`meta-ads` where a shell finds this installation by that name, else its path.

    The path is relative if it is below the current folder, such as `.venv/bin/meta-ads`.
    """
    script = Path(sys.executable).with_name(NAME)
    if not script.exists():
        return NAME
    found = shutil.which(NAME)
    if found and Path(found).samefile(script):
        return NAME
    here = current_folder()
    if here is not None and here != here.parent and script.is_relative_to(here):
        script = script.relative_to(here)
    return shlex.quote(str(script))


def with_program(text: str) -> str:
    """The text with each command written so that it works where the text is printed.

    For sentences of the program: names and reasons of others are data, which stay as they are.
    """
    return IN_A_SENTENCE.sub(lambda _: f"{program()} ", text)
