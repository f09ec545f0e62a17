"""Options and arguments that several commands share, and the range of days that two of them name.

A type of this module gives an option its format, unit and help text.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import typer

from orchestration.days import month_end, month_named
from orchestration.errors import UsageError

DAY, DAY_FORMATS = "YYYY-MM-DD", ["%Y-%m-%d"]

DayRange = tuple[date, date | None]
"""First and last day, both included; without a last day the range ends with the latest due day."""

Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        formats=DAY_FORMATS,
        metavar=DAY,
        help="First day, in the time zone of each ad account. Default: every day that is owed.",
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        formats=DAY_FORMATS,
        metavar=DAY,
        help="Last day, included; only with --since. Default: the latest day that is due.",
    ),
]
OneDay = Annotated[
    datetime, typer.Argument(formats=DAY_FORMATS, metavar=DAY, help="A day of the ad account.")
]
FirstDay = Annotated[
    datetime,
    typer.Argument(formats=DAY_FORMATS, metavar=DAY, help="The day, or the first of several."),
]
LastDay = Annotated[
    datetime | None,
    typer.Argument(
        formats=DAY_FORMATS,
        metavar="UNTIL",
        help="The last day, included, as YYYY-MM-DD. Default: only the first day.",
    ),
]
ClientId = Annotated[
    str, typer.Argument(metavar="CLIENT", help="The client_id in the clients file.")
]
OnlyClients = Annotated[
    list[str] | None,
    typer.Option(
        "--client",
        metavar="CLIENT",
        help="Only this client_id; may be given several times. Default: all clients.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]
Debug = Annotated[
    bool, typer.Option("--debug", help="Log each step and call to stderr, and show tracebacks.")
]
WithDemo = Annotated[
    bool,
    typer.Option(
        "--demo",
        help="Use demo data: a sandbox with 16 clients. Refused where a token or a clients file is "
        "set up. The state folder remembers it, so that other commands use them, too.",
    ),
]
DemoIfNew = Annotated[bool, typer.Option("--demo-if-new", hidden=True)]
"""Given by the Makefile: as --demo where nothing is set up, else without effect."""
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="MEANING=COLUMN",
        help="Which column of the export holds what, where its name does not say it: spend=Cost.",
    ),
]
DateOrder = Annotated[
    str | None,
    typer.Option(
        "--date-order", metavar="ymd|dmy|mdy", help="Of the export, where its days do not prove it."
    ),
]
DecimalMark = Annotated[
    str | None,
    typer.Option(
        "--decimal-mark", metavar=".|,", help="Of the export, where its numbers do not prove it."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Delete without asking; for scripts.")]
Reason = Annotated[
    str, typer.Option("--reason", help="Why you decide this; stored with your user name.")
]


def day_range(since: datetime | None, until: datetime | None) -> DayRange | None:
    """The range that --since and --until name; None without either.

    Raises:
        UsageError: an end without a start, or an end before the start.
    """
    if since is None and until is None:
        return None
    if since is None:
        raise UsageError("--until needs --since: name the first day of the range too.")
    last = until.date() if until else None
    if last is not None and last < since.date():
        raise UsageError(f"--until {last} lies before --since {since.date()}.")
    return since.date(), last


def period_of(
    month: str | None, since: datetime | None, until: datetime | None
) -> tuple[date | None, date | None]:
    """The first and the last day that --month, or --since and --until, name; None without an end.

    Raises:
        UsageError: both ways are used, or it is no month or no range.
    """
    if month is None:
        return day_range(since, until) or (None, None)
    if since is not None or until is not None:
        raise UsageError("Name the period with --month, or with --since and --until.")
    first = month_named(month)
    return first, month_end(first)


def columns_by_meaning(pairs: Sequence[str] | None) -> dict[str, str]:
    """The pairs `spend=amount_spent` as a mapping.

    Raises:
        UsageError: one is not such a pair.
    """
    columns = {}
    for pair in pairs or ():
        meaning, separator, column = pair.partition("=")
        if not separator:
            raise UsageError(f"--column {pair} is not written meaning=column.")
        columns[meaning] = column
    return columns


def closed_range(since: datetime, until: datetime | None) -> tuple[date, date]:
    """The range that two arguments name; one day without the second.

    Raises:
        UsageError: it ends before it begins.
    """
    first, last = since.date(), (until or since).date()
    if last < first:
        raise UsageError(f"The last day {last} lies before the first day {first}.")
    return first, last
