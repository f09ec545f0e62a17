"""A line of what was found: ok, a warning or a failure, and the command that mends it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from orchestration.errors import MetaAdsError, UnreachableError

Status = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was found about one thing; `mend` is the command or the step that helps.

    `is_unreachable`: a service does not answer, so that more cannot be known.
    """

    name: str
    status: Status
    text: str
    mend: str = ""
    is_unreachable: bool = False


def ok(name: str, text: str) -> Line:
    """A line about what is as it should be."""
    return Line(name=name, status="ok", text=text)


def warning(name: str, text: str, mend: str = "") -> Line:
    """A line about what works, and should be seen to."""
    return Line(name=name, status="warning", text=text, mend=mend)


def failure(name: str, text: str, mend: str = "", *, is_unreachable: bool = False) -> Line:
    """A line about what keeps the installation from working."""
    return Line(name=name, status="failure", text=text, mend=mend, is_unreachable=is_unreachable)


def guarded(name: str, look: Callable[[], Iterable[Line]]) -> Iterator[Line]:
    """The lines of one look; an error in it is a line, too, and ends only this look."""
    try:
        yield from look()
    except MetaAdsError as error:
        yield failure(name, str(error), is_unreachable=isinstance(error, UnreachableError))
    except Exception as error:
        text = next(iter(str(error).splitlines()), "")
        yield failure(name, f"this could not be looked at ({type(error).__name__}: {text})")
