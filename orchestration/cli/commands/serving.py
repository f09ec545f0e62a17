"""`meta-ads up` and its parts `serve`, `refresh` and `serve-dagster`: what runs all the time."""

from typing import Annotated

import typer

from orchestration.cli.options import DemoIfNew, OnlyClients, WithDemo

LOOPBACK = "127.0.0.1"
BEYOND_LOOPBACK = "Other machines can reach it only if META_ADS_ADMIN_TOKEN is set."
ExitWithParent = Annotated[bool, typer.Option(hidden=True)]
"""Given by `meta-ads up` to the processes that it starts."""


def up(
    host: Annotated[
        str, typer.Option(help=f"Address of the Dagster UI. {BEYOND_LOOPBACK}")
    ] = LOOPBACK,
    port: Annotated[
        int, typer.Option(help="Port of the Dagster UI; 0 takes any free one, and prints it.")
    ] = 3000,
    health_port: Annotated[
        int,
        typer.Option(help="Port of the dashboard, the health API and the KPI API; 0 as above."),
    ] = 8080,
    health_host: Annotated[
        str, typer.Option(help=f"Address of the dashboard and the APIs. {BEYOND_LOOPBACK}")
    ] = LOOPBACK,
    demo: WithDemo = False,
    demo_if_new: DemoIfNew = False,
) -> None:
    """Run everything until Ctrl-C: Dagster (UI and daemon), the dashboard, the APIs, the refresher.

    Dagster's daemon then collects what is owed, builds, publishes, evaluates alerts and sends
    messages by itself.
    """
    from orchestration.cli.actions.up import Addresses, checked, only_one, serve_all
    from orchestration.cli.demo import asked_for, is_demo
    from orchestration.cli.session import open_session
    from orchestration.settings import load_settings

    settings = load_settings()
    asked = asked_for(demo, demo_if_new)
    # Where nothing is set up nothing is made, not even the file that one program holds.
    is_demo(settings, asked)
    with only_one(settings).held() as running:
        addresses = checked(settings, Addresses(host, port, health_host, health_port))
        running.say(f"Dagster on {addresses.dagster}, the dashboard on {addresses.health}")
        with open_session(asked) as session:
            raise typer.Exit(serve_all(session.settings, addresses, is_demo=session.is_demo))


def serve(
    host: Annotated[str, typer.Option(help=f"Address. {BEYOND_LOOPBACK}")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port; 0 takes any free one.")] = 8080,
    exit_with_parent: ExitWithParent = False,
) -> None:
    """Serve the dashboard, the health API, the KPI API and /metrics until Ctrl-C.

    A part of meta-ads up, for an installation that runs its parts one by one.
    """
    from orchestration.cli.actions.serve import serve_web

    serve_web(host, port, exit_with_parent=exit_with_parent)


def refresh(
    client: OnlyClients = None,
    listen: Annotated[
        bool,
        typer.Option(
            "--listen", help="Keep running, and refresh what readers of the KPI API ask for."
        ),
    ] = False,
    exit_with_parent: ExitWithParent = False,
) -> None:
    """Refresh the KPIs of the current month: what is published, and today so far.

    Exit code 1: a client could not be refreshed and keeps its old value.
    """
    from orchestration.cli.actions.refresh import (
        end_with_parent,
        listen_for_refreshes,
        refresh_once,
    )
    from orchestration.cli.session import open_session

    if exit_with_parent:
        end_with_parent()
    with open_session() as session:
        if listen:
            listen_for_refreshes(session)
        else:
            raise typer.Exit(refresh_once(session, client or []))


def serve_dagster(
    host: Annotated[str, typer.Option(help=f"Address. {BEYOND_LOOPBACK}")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port.")] = 3000,
    exit_with_parent: ExitWithParent = False,
) -> None:
    """Serve the Dagster UI with its daemon and its code server; a part of meta-ads up."""
    from orchestration.defs.ui.webserver import serve_dagster as serve_it
    from orchestration.settings import load_settings

    serve_it(load_settings(), host, port, exit_with_parent=exit_with_parent)
