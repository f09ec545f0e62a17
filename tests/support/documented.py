"""The commands that documents name: read out of the text, and parsed as the program parses them."""

import importlib.util
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import typer.exceptions
import typer.main

from orchestration.cli.main import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
SHELLS = {"", "bash", "sh"}
CRON = re.compile(r"^(?:[\d*/,-]+\s+){5}")
EVALUATED = re.compile(r'^eval "\$\(([^)]*)\)"')
SUBSTITUTED = re.compile(r"\$\([^)]*\)")
PROGRAMS = re.compile(r"(?:\S*/)?(meta-ads|make|pytest|python3?|celery|uv|pipx|pip)$")
ENDS = re.compile(r"[|;&<>()]+$")
REST = "…"
"""Stands for arguments that the document leaves out; as an argument of an option it is a text."""
VALUES = {
    "CLIENT": "acme",
    "X": "acme",
    "DAY": "2026-11-14",
    "D": "2026-11-14",
    "SINCE": "2026-11-13",
    "UNTIL": "2026-11-14",
    "MONTH": "2026-11",
    "MART": "monthly_client_summary",
    "RULE": "split_data",
    "ID": "1",
    "A": "1",
    "B": "2",
    "FILE": str(ROOT / "README.md"),
    "$META_ADS_NOW": "2026-11-15T12:00:00+00:00",
}
"""What a reader puts in the place of a placeholder."""


@dataclass(frozen=True)
class Command:
    """A program with its arguments, as a document shows it."""

    text: str
    program: str
    words: tuple[str, ...]
    is_block: bool
    """Whether a reader is to type it as it stands; in a sentence it may be a name alone."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The program and its arguments."""
        return " ".join((self.program, *self.words))

    @property
    def is_complete(self) -> bool:
        """Whether it can be called as it stands, and is no name of a command with arguments."""
        return self.is_block or fault_of(replace(self, is_block=True)) is None

    @property
    def is_of_cron(self) -> bool:
        """Whether it is a line of cron to copy."""
        return self.is_block and bool(CRON.match(self.text))


def documents() -> list[str]:
    """Every page that tells what can be done today: no history, and no reasons of the past."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found += [*(ROOT / "deploy").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found if path.name != "CHANGELOG.md")


def commands_of(document: str) -> list[Command]:
    """The commands in the blocks and between backticks of a page, in its order."""
    text = (ROOT / document).read_text("utf-8")
    return list(commands_in(text))


def commands_in(text: str) -> Iterator[Command]:
    """The commands in a text of Markdown."""
    at = 0
    for block in BLOCK.finditer(text):
        yield from _inline(text[at : block.start()])
        if block[1] in SHELLS:
            for line in _lines(block[2]):
                yield from _called(line, is_block=True)
        at = block.end()
    yield from _inline(text[at:])


def _inline(text: str) -> Iterator[Command]:
    for code in INLINE.findall(text):
        line = " ".join(code.split())
        found = list(_called(line, is_block=False))
        yield from found or _short(line)


def _short(line: str) -> Iterator[Command]:
    """A command without the program's name, such as `owed waive` or `recover --list`."""
    name, _, rest = line.partition(" ")
    command = _program().commands.get(name)
    is_of_group = hasattr(command, "commands") and re.match(r"[a-z-]+\b", rest)
    if command and (is_of_group or rest.startswith("--")):
        yield from _called(f"meta-ads {line}", is_block=False)


def _lines(block: str) -> Iterator[str]:
    """The lines of a block; one that ends within quotes goes on in the next."""
    line = ""
    for part in block.replace("\\\n", " ").splitlines():
        line = f"{line}\n{part}" if line else part
        try:
            shlex.split(line, comments=True)
        except ValueError:
            continue
        yield line
        line = ""
    assert not line.strip() or "'" in line, f"A quote has no end: {line}"


def _called(line: str, *, is_block: bool) -> Iterator[Command]:
    """The programs of ours that a line calls, each where a shell would call it."""
    written = CRON.sub("", line.strip())
    written = SUBSTITUTED.sub("output", EVALUATED.sub(r"\1", written))
    lexer = shlex.shlex(written, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return
    for call in _split(words):
        given = {}
        while call and (assigned := re.match(r"(\w+)=(.*)", call[0])):
            given[assigned[1]] = assigned[2]
            call = call[1:]
        if call[:2] == ["uvx", "--from"]:
            call = call[3:]
        # The program's name alone is no command.
        if len(call) > 1 and (program := PROGRAMS.match(call[0])):
            yield Command(line, program[1], tuple(call[1:]), is_block, given)


def _split(words: Sequence[str]) -> Iterator[list[str]]:
    call: list[str] = []
    is_file = False
    for word in words:
        if ENDS.match(word):
            is_file = word.startswith((">", "<"))
            if not is_file:
                yield call
                call = []
        elif not is_file:
            call.append(word)
    yield call


def fault_of(command: Command) -> str | None:
    """What is wrong with a command; None where there is nothing."""
    check = {"meta-ads": _fault_of_ours, "make": _fault_of_make}.get(command.program)
    return check(command) if check else _fault_of_python(command)


@cache
def _program() -> Any:
    return typer.main.get_command(app)


def _fault_of_ours(command: Command) -> str | None:
    program, name, words = _program(), "meta-ads", [VALUES.get(w, w) for w in command.words]
    while words and words[0] in getattr(program, "commands", ()):
        name = f"{name} {words[0]}"
        program = program.commands[words.pop(0)]
    if words[-1:] == [REST] and not "".join(words[-2:-1]).startswith("-"):
        options = {option for parameter in program.params for option in parameter.opts}
        unknown = [word for word in words if word.startswith("-") and word not in options]
        return f"{name} has no {unknown}" if unknown else None
    if getattr(program, "commands", None) and words and not words[0].startswith("-"):
        return f"{name} has no command {words[0]}"
    if not words and not command.is_block:
        return None
    try:
        # The command itself is not called: only a call of `invoke` would.
        program.make_context(name, words)
    except typer.exceptions.TyperException as error:
        return f"{name}: {error.format_message()}"
    return None


@cache
def targets() -> set[str]:
    """What `make` can be asked for."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def _fault_of_make(command: Command) -> str | None:
    settable = set(re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for word in command.words:
        name, is_variable, _ = word.partition("=")
        if name not in (settable if is_variable else targets()):
            return f"The Makefile has no {name}"
    return None


def _fault_of_python(command: Command) -> str | None:
    if command.words[:1] == ("-m",):
        module = command.words[1]
        return None if importlib.util.find_spec(module) else f"There is no module {module}"
    named = [word for word in command.words if re.match(r"(tests|requirements)/", word)]
    missing = [word for word in named if not (ROOT / word).exists()]
    return f"There is no {missing}" if missing else None
