"""Where listings are printed: as wide as the terminal, and on one line each where there is none."""

from rich.console import Console

WIDE = 100_000
"""Columns where the output goes to a file or another program: no cell is broken."""


def listing_console() -> Console:
    """A console that breaks no line of text and highlights nothing."""
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDE
    return console
