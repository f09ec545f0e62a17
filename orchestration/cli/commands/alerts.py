"""`meta-ads alerts`: evaluate and deliver alerts, and what a person does about them."""

from datetime import datetime
from typing import Annotated

import typer

from orchestration.cli.options import Json, Reason

alerts = typer.Typer(
    help="List, acknowledge, close and mute alerts; evaluate and deliver them without Dagster.\n\n"
    "An alert opens when its rule finds something wrong and closes by itself when that is gone. "
    "Each message is sent once; reminders follow until somebody acknowledges the alert.\n\n"
    "Dagster's sensors evaluate every 60 and deliver every 30 seconds. Without Dagster, let cron "
    "call meta-ads alerts evaluate and meta-ads alerts deliver.",
    no_args_is_help=True,
)
LISTED = "A number in the list that meta-ads alerts list prints."
AlertIds = Annotated[list[int], typer.Argument(help=LISTED, metavar="ID...")]
Id = Annotated[int, typer.Argument(help=LISTED, metavar="ID")]


@alerts.command()
def evaluate(json: Json = False) -> None:
    """Evaluate all rules once: open and close alerts, and write the messages about them.

    Exit code 3: the warehouse cannot be reached, which is an alert of its own.
    """
    from orchestration.cli.actions.alerts import run_evaluation
    from orchestration.cli.session import say_as_of
    from orchestration.settings import load_settings

    settings = load_settings()
    say_as_of(settings)
    raise typer.Exit(run_evaluation(settings, as_json=json))


@alerts.command()
def deliver(
    wait: Annotated[
        float,
        typer.Option(
            "--wait", min=0, max=3600, help="For how many seconds a failed message is tried again."
        ),
    ] = 30.0,
    again: Annotated[
        int | None,
        typer.Option(
            "--again",
            metavar="MESSAGE",
            help="Number of a message that was given up: send it after all. "
            "meta-ads recover --list shows such messages.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Send the messages that wait, each once.

    A message that fails is tried again after 2, 4 and 8 seconds, then after longer pauses.

    Exit code 1: a message was given up. 3: the warehouse cannot be reached.
    """
    from orchestration.cli.actions.alerts import run_delivery
    from orchestration.cli.session import say_as_of
    from orchestration.settings import load_settings

    settings = load_settings()
    say_as_of(settings)
    raise typer.Exit(run_delivery(settings, wait, again, as_json=json))


@alerts.command("list")
def alerts_list(
    with_resolved: Annotated[
        bool, typer.Option("--all", help="List the alerts that are closed as well.")
    ] = False,
    json: Json = False,
) -> None:
    """List the open alerts, the most severe first, and the mutes in force."""
    from orchestration.cli.actions.alerts import list_alerts
    from orchestration.cli.session import open_warehouse

    list_alerts(open_warehouse(), with_resolved=with_resolved, as_json=json)


@alerts.command()
def ack(ids: AlertIds) -> None:
    """Acknowledge alerts: you take care of them, so no reminders are sent.

    They stay open until their cause is gone.
    """
    from orchestration.cli.actions.alerts import acknowledge_alerts
    from orchestration.cli.session import open_warehouse

    acknowledge_alerts(open_warehouse(), ids)


@alerts.command()
def resolve(alert_id: Id, *, reason: Reason) -> None:
    """Close an alert by hand.

    It opens again at the next evaluation if its cause is still there, unless it is about a single
    event in the past.
    """
    from orchestration.cli.actions.alerts import resolve_alert
    from orchestration.cli.session import open_warehouse

    resolve_alert(open_warehouse(), alert_id, reason)


@alerts.command()
def mute(
    rule: Annotated[
        str | None, typer.Argument(help="Only alerts of this rule. Default: all rules.")
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(
            metavar="CLIENT", help="Only alerts about this client_id. Default: all clients."
        ),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            "--for", min=0.1, max=8760, help="For how many hours. Or give --until.", metavar="HOURS"
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="Until when, in UTC: 2026-11-15 or 2026-11-15T08:30.",
            metavar="INSTANT",
        ),
    ] = None,
    *,
    reason: Reason,
) -> None:
    """Send no messages about some alerts for a while; the dashboard still shows them.

    Messages about what is still open at the end are sent then.
    """
    from orchestration.cli.actions.alerts import end_of_mute, mute_alerts
    from orchestration.cli.session import open_warehouse

    end = end_of_mute(hours, until)
    mute_alerts(open_warehouse(), rule, client, end, reason)


@alerts.command()
def unmute(mute_id: Id) -> None:
    """End a mute now."""
    from orchestration.cli.actions.alerts import unmute_alerts
    from orchestration.cli.session import open_warehouse

    unmute_alerts(open_warehouse(), mute_id)


@alerts.command("test")
def try_out(
    destination: Annotated[
        list[str] | None,
        typer.Argument(help="slack, email, webhook or a route's. Default: all that are set up."),
    ] = None,
    json: Json = False,
) -> None:
    """Send a test message to each destination and print what it answered.

    Exit code 1: a destination did not accept the message. 2: no destination is set up.
    """
    from orchestration.cli.actions.alerts import try_destinations
    from orchestration.cli.session import open_warehouse

    raise typer.Exit(try_destinations(open_warehouse(), destination or [], as_json=json))
