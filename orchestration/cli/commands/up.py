"""`meta-ads up`: everything that serves people, in the foreground."""

from typing import Annotated

import typer


def up(
    host: Annotated[
        str, typer.Option(help="Of the Dagster UI; beyond loopback only with META_ADS_ADMIN_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Of the Dagster UI.")] = 3000,
    health_port: Annotated[int, typer.Option(help="Of the dashboard and the health API.")] = 8080,
    health_host: Annotated[
        str, typer.Option(help="Beyond loopback only with META_ADS_ADMIN_TOKEN.")
    ] = "127.0.0.1",
) -> None:
    """Run Dagster (UI and daemon), the dashboard and the refresher until Ctrl-C."""
    from orchestration.cli.actions.up import Addresses, check_addresses, serve_all
    from orchestration.cli.session import open_session
    from orchestration.settings import load_settings

    addresses = Addresses(host, port, health_host, health_port)
    check_addresses(load_settings(), addresses)
    with open_session() as session:
        raise typer.Exit(serve_all(session.settings, addresses, is_demo=session.is_demo))
