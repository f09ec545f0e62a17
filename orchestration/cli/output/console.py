"""Prints texts for people, so that no text from outside can steer the terminal.

Names and reasons come from Meta, from files and from other people. Listings are as wide as the
terminal; where the output goes elsewhere, each row is one line.
"""

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from orchestration.foreign_text import shown, shown_lines
from orchestration.process.program import with_program

WIDE = 100_000
"""Width in characters where the output goes to a file or a program, so that no cell is folded."""


class Terminal(Console):
    """A console that reads no markup in texts, and prints control characters as visible escapes.

    Each text is one line: a line end in it is escaped, too.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **more)

    def render_str(self, text: str, **more: Any) -> Text:
        """Render a text or the cell of a table, on one line."""
        return super().render_str(shown(text), **more)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render anything else, such as a table; its line ends stay."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else shown_lines(text), style, control)


def listing_console() -> Terminal:
    """A console for stdout that breaks no line of text."""
    console = Terminal(soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDE
    return console


def say(text: str) -> None:
    """Print one line on stdout; commands in it work where it is printed."""
    listing_console().print(with_program(text))


def say_data(text: str) -> None:
    """Print one line of data on stdout, such as a name or YAML: every word stays as it is."""
    listing_console().print(text)


def say_error(text: str) -> None:
    """Print one or more lines on stderr, without breaking them at the width of the terminal."""
    sys.stderr.write(f"{shown_lines(with_program(text))}\n")
