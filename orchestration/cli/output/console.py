"""The terminal: the one place where texts, many of which strangers wrote, are printed for people.

Listings are as wide as the terminal, and on one line each where there is none.
"""

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from orchestration.foreign_text import shown, shown_lines

WIDE = 100_000
"""Columns where the output goes to a file or another program: no cell is broken."""


class Terminal(Console):
    """A console that takes no text for markup, and shows control characters without obeying them.

    A text is one line; a new line is a `print` of its own.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **more)

    def render_str(self, text: str, **more: Any) -> Text:
        """What is printed as a text, a cell of a table among them, on one line."""
        return super().render_str(shown(text), **more)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Whatever else is printed: its line ends stay."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else shown_lines(text), style, control)


def listing_console() -> Terminal:
    """A console that breaks no line of text and highlights nothing."""
    console = Terminal(soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDE
    return console


def say(text: str) -> None:
    """Print one line."""
    listing_console().print(text)


def say_error(text: str) -> None:
    """Print one line, or some, to stderr as they are, however wide the terminal is."""
    sys.stderr.write(f"{shown_lines(text)}\n")
