"""`meta-ads init`: set up a new installation from a token."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import WithDemo


def init(
    take_all: Annotated[
        bool, typer.Option("--all", help="Take every ad account that the token can read.")
    ] = False,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read the token from this file, - for stdin. Default: META_ACCESS_TOKEN, else it "
            "is asked for without being shown.",
        ),
    ] = None,
    demo: WithDemo = False,
) -> None:
    """Set up: list the ad accounts of a token, and write clients.yml and .env.

    Files that are there are never changed. The token is no option, because arguments are seen by
    everybody on the machine. Without a token the demo is set up instead.
    """
    from orchestration.cli.actions.init import set_up
    from orchestration.settings import load_settings

    set_up(load_settings(), demo=demo, take_all=take_all, token_file=token_file)
