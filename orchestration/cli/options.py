"""Options that several commands of the command line share."""

from datetime import date, datetime
from typing import Annotated

import typer

from orchestration.errors import UsageError

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
DayArgument = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
LastDayArgument = Annotated[
    datetime | None,
    typer.Argument(formats=["%Y-%m-%d"], metavar="[UNTIL]", help="Default: the same day."),
]
OnlyClients = Annotated[
    list[str] | None, typer.Option("--client", help="Only this client; may be given several times.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Log every call; show tracebacks.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with your name.")]


def day_range(since: datetime | None, until: datetime | None) -> tuple[date, date | None] | None:
    """The range that two options name; None without any.

    Raises:
        UsageError: an end without a start, or before it.
    """
    if since is None and until is None:
        return None
    if since is None:
        raise UsageError("--until needs --since: name the first day of the range too.")
    last = until.date() if until else None
    if last is not None and last < since.date():
        raise UsageError(f"--until {last} lies before --since {since.date()}.")
    return since.date(), last


def closed_range(since: datetime, until: datetime | None) -> tuple[date, date]:
    """The range that two arguments name; one day without the second.

    Raises:
        UsageError: it ends before it begins.
    """
    days = day_range(since, until or since)
    assert days is not None
    assert days[1] is not None
    return days[0], days[1]
