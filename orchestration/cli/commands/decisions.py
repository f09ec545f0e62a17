"""`meta-ads owed` and `meta-ads quarantine`: what waits for collection, or for a person."""

from datetime import date, datetime
from typing import Annotated

import typer

from orchestration.cli.options import (
    DayArgument,
    Json,
    LastDayArgument,
    OnlyClients,
    Reason,
    closed_range,
)

owed = typer.Typer(
    help="What is owed: the client-days that the next run asks for, and why.",
    invoke_without_command=True,
)
quarantine = typer.Typer(
    help="Client-days whose last answer the gate refused, and what becomes of them.",
    no_args_is_help=True,
)
ClientId = Annotated[str, typer.Argument(help="As in the clients file.", metavar="CLIENT")]


@owed.callback()
def owed_list(context: typer.Context, json: Json = False) -> None:
    """List the client-days that are owed and why; nothing is asked for.

    A day is owed when it was never collected, when its last collection failed or was refused, when
    its lookback is not read yet, or when a month begins and it is read again.
    """
    if context.invoked_subcommand is not None:
        return
    from orchestration.cli.actions.decisions import print_owed
    from orchestration.cli.session import open_session

    with open_session() as session:
        print_owed(session.settings, session.clients, as_json=json)


@owed.command("waive")
def owed_waive(
    client: ClientId, since: DayArgument, until: LastDayArgument = None, *, reason: Reason
) -> None:
    """Close days that will never come, such as those before an account was connected.

    Days that have data are left alone. A later collection of the range brings them back.
    """
    from orchestration.cli.actions.decisions import waive
    from orchestration.cli.session import open_session

    with open_session() as session:
        waive(session, client, *closed_range(since, until), reason)


@quarantine.command("list")
def quarantine_list(client: OnlyClients = None, json: Json = False) -> None:
    """List refused client-days, the rules they broke, and what stands in their place."""
    from orchestration.cli.actions.decisions import print_quarantine
    from orchestration.cli.session import open_session

    with open_session() as session:
        print_quarantine(session, client or [], as_json=json)


@quarantine.command("show")
def quarantine_show(client: ClientId, day: DayArgument) -> None:
    """Print one refused day as JSON: every reason, what stands and what came by level, the rows."""
    from orchestration.cli.actions.decisions import show_quarantine
    from orchestration.cli.session import open_session

    with open_session() as session:
        show_quarantine(session, client, day.date())


@quarantine.command("release")
def quarantine_release(
    client: ClientId, since: DayArgument, until: LastDayArgument = None, *, reason: Reason
) -> None:
    """Let refused days stand after all; the rules they broke only warn for them from now on."""
    _decide("release", client, since, until, reason)


@quarantine.command("discard")
def quarantine_discard(
    client: ClientId, since: DayArgument, until: LastDayArgument = None, *, reason: Reason
) -> None:
    """Drop refused rows; the days stay as they were, and owed if they have no data."""
    _decide("discard", client, since, until, reason)


def _decide(
    decision: str, client: str, since: datetime, until: datetime | None, reason: str
) -> None:
    from orchestration.cli.actions.decisions import decide
    from orchestration.cli.session import open_session

    days: tuple[date, date] = closed_range(since, until)
    with open_session() as session:
        decide(session, decision, client, *days, reason)
