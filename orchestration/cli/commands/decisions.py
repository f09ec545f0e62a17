"""`meta-ads owed` and `meta-ads quarantine`: client-days that wait for a run, or for a person."""

import typer

from orchestration.cli.options import (
    ClientId,
    FirstDay,
    Json,
    LastDay,
    OneDay,
    OnlyClients,
    Reason,
    Yes,
    closed_range,
)

owed = typer.Typer(invoke_without_command=True)
quarantine = typer.Typer(
    help="List the client-days that the gate refused, and release or discard them.\n\n"
    "The gate checks every answer of Meta before it is stored. A refused answer is kept in "
    "quarantine; what was stored before it stays.",
    no_args_is_help=True,
)


@owed.callback()
def owed_list(context: typer.Context, json: Json = False) -> None:
    """List the client-days that the next run asks Meta for, and why.

    Nothing is asked of Meta. A day is owed when it was never collected, or when its last
    collection failed or was refused.

    Days that have data are owed again because Meta restates numbers: every day for the lookback
    (META_ADS_LOOKBACK_DAYS, 28), and once more when a month begins.
    """
    if context.invoked_subcommand is not None:
        return
    from orchestration.cli.actions.decisions import list_owed
    from orchestration.cli.session import open_session

    with open_session() as session:
        list_owed(session, as_json=json)


@owed.command("waive")
def owed_waive(client: ClientId, since: FirstDay, until: LastDay = None, *, reason: Reason) -> None:
    """Close days that will never come, such as those before an account was connected.

    Days that have data are left as they are. A later collection of a waived day opens it again.
    """
    from orchestration.cli.actions.decisions import waive
    from orchestration.cli.session import open_session

    days = closed_range(since, until)
    with open_session() as session:
        waive(session, client, *days, reason)


@quarantine.command("list")
def quarantine_list(client: OnlyClients = None, json: Json = False) -> None:
    """List the refused client-days, the rules they broke, and what is stored in their place."""
    from orchestration.cli.actions.decisions import list_refused
    from orchestration.cli.session import open_session

    with open_session() as session:
        list_refused(session, client or [], as_json=json)


@quarantine.command("show")
def quarantine_show(client: ClientId, day: OneDay) -> None:
    """Print one refused day as JSON: the reasons, the stored and the refused sums, and the rows."""
    from orchestration.cli.actions.decisions import show_refused
    from orchestration.cli.session import open_session

    with open_session() as session:
        show_refused(session, client, day.date())


@quarantine.command("release")
def quarantine_release(
    client: ClientId, since: FirstDay, until: LastDay = None, *, reason: Reason
) -> None:
    """Store refused days after all; meta-ads build then publishes them.

    The rules that they broke only warn about these days from now on.
    """
    from orchestration.cli.actions.decisions import release
    from orchestration.cli.session import open_session

    days = closed_range(since, until)
    with open_session() as session:
        release(session, client, *days, reason)


@quarantine.command("discard")
def quarantine_discard(
    client: ClientId,
    since: FirstDay,
    until: LastDay = None,
    *,
    reason: Reason,
    yes: Yes = False,
) -> None:
    """Drop the refused rows of some days; what is stored stays.

    A day that has no data yet stays owed.
    """
    from orchestration.cli.actions.decisions import discard
    from orchestration.cli.session import open_session

    days = closed_range(since, until)
    with open_session() as session:
        discard(session, client, *days, reason, without_asking=yes)
