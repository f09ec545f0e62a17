"""`meta-ads alerts`: evaluate, deliver, and what a person does about alerts."""

from datetime import datetime
from typing import Annotated

import typer

from orchestration.cli.options import Json, Reason

alerts = typer.Typer(
    help="Alerts: opened and resolved by the facts, sent once, told again until acknowledged.\n\n"
    "Dagster's sensors evaluate and deliver every minute. Without Dagster cron does, with\n"
    "meta-ads alerts evaluate and meta-ads alerts deliver.",
    no_args_is_help=True,
)
AlertIds = Annotated[list[int], typer.Argument(help="As in meta-ads alerts list.", metavar="ID...")]
AlertId = Annotated[int, typer.Argument(help="As in meta-ads alerts list.", metavar="ID")]


@alerts.command()
def evaluate(json: Json = False) -> None:
    """Judge the facts: open, count and resolve alerts, and write what is to be told.

    Exit code 3: the warehouse cannot be reached, which is an alert of its own.
    """
    from orchestration.cli.actions.alerts import run_evaluation
    from orchestration.settings import load_settings

    raise typer.Exit(run_evaluation(load_settings(), as_json=json))


@alerts.command()
def deliver(
    wait: Annotated[
        float,
        typer.Option(
            "--wait", min=0, max=3600, help="Seconds for which failed attempts are tried again."
        ),
    ] = 30.0,
    again: Annotated[
        int | None,
        typer.Option("--again", metavar="MESSAGE", help="First put back one that was given up."),
    ] = None,
    json: Json = False,
) -> None:
    """Send what waits, each message once; what fails is tried again after 2, 4, 8 s, then longer.

    Exit code 1: a message was given up. 3: the warehouse cannot be reached.
    """
    from orchestration.cli.actions.alerts import run_delivery
    from orchestration.settings import load_settings

    raise typer.Exit(run_delivery(load_settings(), wait, again, as_json=json))


@alerts.command("list")
def list_alerts(
    with_resolved: Annotated[
        bool, typer.Option("--all", help="The latest resolved ones as well.")
    ] = False,
    json: Json = False,
) -> None:
    """List the alerts that stand, the worst first, and the mutes in force."""
    from orchestration.cli.actions.alerts import print_alerts
    from orchestration.cli.session import open_warehouse

    print_alerts(open_warehouse(), with_resolved=with_resolved, as_json=json)


@alerts.command()
def ack(ids: AlertIds) -> None:
    """Say that you see to alerts: they stand until the facts resolve them, without reminders."""
    from orchestration.cli.actions.alerts import acknowledge_alerts
    from orchestration.cli.session import open_warehouse

    acknowledge_alerts(open_warehouse(), ids)


@alerts.command()
def resolve(alert_id: AlertId, *, reason: Reason) -> None:
    """Close an alert by hand. It opens again as long as its fact stands, but for past events."""
    from orchestration.cli.actions.alerts import resolve_alert
    from orchestration.cli.session import open_warehouse

    resolve_alert(open_warehouse(), alert_id, reason)


@alerts.command()
def mute(
    rule: Annotated[str | None, typer.Argument(help="Default: all rules.")] = None,
    client: Annotated[str | None, typer.Option(help="Only alerts about this client.")] = None,
    hours: Annotated[
        float | None, typer.Option("--for", min=0.1, max=8760, help="Hours.", metavar="HOURS")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="In UTC.", metavar="INSTANT"),
    ] = None,
    *,
    reason: Reason,
) -> None:
    """Send nothing about some alerts for a while; the dashboard shows them all the same.

    What still stands at the end is told then.
    """
    from orchestration.cli.actions.alerts import mute_alerts
    from orchestration.cli.session import open_warehouse

    mute_alerts(open_warehouse(), rule, client, hours, until, reason)


@alerts.command()
def unmute(
    mute_id: Annotated[int, typer.Argument(help="As in meta-ads alerts list.", metavar="ID")],
) -> None:
    """End a mute now."""
    from orchestration.cli.actions.alerts import unmute_alerts
    from orchestration.cli.session import open_warehouse

    unmute_alerts(open_warehouse(), mute_id)


@alerts.command("test")
def try_out(
    destination: Annotated[
        list[str] | None, typer.Argument(help="Default: every one that is set up.")
    ] = None,
    json: Json = False,
) -> None:
    """Send a test message through every destination, and say what each answered.

    Exit code 1: one of them did not take it. 2: none is set up.
    """
    from orchestration.cli.actions.alerts import try_destinations
    from orchestration.cli.session import open_warehouse

    raise typer.Exit(try_destinations(open_warehouse(), destination or [], as_json=json))
