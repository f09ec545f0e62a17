"""What `meta-ads doctor` prints for people: a line for each thing, and what mends it."""

from collections.abc import Sequence

from rich.text import Text

from orchestration.cli.output.console import listing_console
from orchestration.doctor.line import Line
from orchestration.foreign_text import shown
from orchestration.text import plural

STYLES = {"ok": "green", "warning": "yellow", "failure": "red"}
INDENT = " " * 30


def print_line(line: Line) -> None:
    """Print a line; what is wrong is followed by what mends it."""
    console = listing_console()
    text = Text()
    text.append(f"{line.status:<8} ", STYLES[line.status])
    text.append(f"{shown(line.name):<20} {shown(line.text)}")
    console.print(text)
    if line.mend:
        console.print(f"{INDENT}-> {line.mend}")


def print_verdict(lines: Sequence[Line]) -> None:
    """Print how many failures and warnings there are."""
    counts = [
        plural(count, status)
        for status in ("failure", "warning")
        if (count := sum(line.status == status for line in lines))
    ]
    listing_console().print(f"{', '.join(counts)}." if counts else "All is well.")
