"""`meta-ads health`: whether the data can be trusted."""

from typing import Annotated

import typer

from orchestration.cli.options import Json


def health(
    client: Annotated[
        str | None,
        typer.Option(
            "--client",
            metavar="CLIENT",
            help="Check only this client_id, and list its last 35 days. Default: all clients.",
        ),
    ] = None,
    json: Json = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again every 10 seconds until Ctrl-C.")
    ] = False,
) -> None:
    """Check whether the data can be trusted, and name what is wrong; for people, cron and CI.

    The checks are those of the dashboard and of the health API.

    Exit code 0: healthy. 1: degraded, but the published data are right. 4: unhealthy. 3: the
    warehouse cannot be reached.
    """
    from orchestration.cli.actions.health import show_health
    from orchestration.settings import load_settings

    raise typer.Exit(show_health(load_settings(), client, as_json=json, watch=watch))
