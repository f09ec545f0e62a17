"""`meta-ads health`, `serve` and `refresh`: whether the data can be trusted, and who says so."""

from typing import Annotated

import typer

from orchestration.cli.options import Json, OnlyClients

GRACE_SECONDS = 10.0
"""How long a refresh that is under way may take to end."""


def health(
    client: Annotated[
        str | None, typer.Option("--client", help="Only this client, with its last 35 days.")
    ] = None,
    json: Json = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it anew every ten seconds, until Ctrl-C.")
    ] = False,
) -> None:
    """Say whether the data can be trusted, and why not: the checks of the health API.

    Exit code 0: healthy. 1: degraded, the published data stay right. 4: unhealthy. 3: the warehouse
    cannot be reached. For cron and CI.
    """
    from orchestration.cli.actions.health import show_health
    from orchestration.settings import load_settings

    raise typer.Exit(show_health(load_settings(), client, as_json=json, watch=watch))


def serve(
    host: Annotated[
        str, typer.Option(help="Beyond loopback only with META_ADS_ADMIN_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8080,
    exit_with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve the health API, the KPIs, /metrics and the dashboard until Ctrl-C."""
    from orchestration.cli.session import open_warehouse
    from orchestration.settings import load_settings
    from orchestration.web.http_server import check_binding
    from orchestration.web.server import serve as serve_health

    check_binding(load_settings(), host)
    serve_health(open_warehouse(), host, port, exit_with_parent=exit_with_parent)


def serve_dagster(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 3000,
    exit_with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve Dagster's UI with its daemon and its code server: a part of `meta-ads up`."""
    from orchestration.defs.ui.webserver import serve_dagster as serve_it
    from orchestration.settings import load_settings

    serve_it(load_settings(), host, port, exit_with_parent=exit_with_parent)


def refresh(
    client: OnlyClients = None,
    listen: Annotated[
        bool,
        typer.Option("--listen", help="Go on, and refresh what reads of the KPIs ask for."),
    ] = False,
    exit_with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Refresh the running month of the KPI API: what is published, and today so far.

    Exit code 1: some client could not be refreshed and keeps its old value.
    """
    from orchestration.cli.actions.refresh import listen_for_refreshes, refresh_once
    from orchestration.cli.session import open_session
    from orchestration.process.parent import exit_with_parent as end_with_parent

    if exit_with_parent:
        end_with_parent(GRACE_SECONDS)
    with open_session() as session:
        if listen:
            listen_for_refreshes(session)
        else:
            raise typer.Exit(refresh_once(session, client or []))
