"""`meta-ads demo`: the accident that this project prevents, played in two weeks at speed."""

from typing import Annotated

import typer


def demo(
    days: Annotated[int, typer.Option(min=4, max=20, help="How many mornings are played.")] = 14,
    port: Annotated[
        int, typer.Option(help="Port of the dashboard; where it is taken, a free one is used.")
    ] = 8080,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the dashboard in a browser.")
    ] = True,
) -> None:
    """Play an accident in the sandbox: purchases vanish at Meta, and no report is wrong for it.

    Takes two to three minutes. It has a database, a sandbox and settings of its own, which are
    deleted at the end: your own are neither read nor changed.
    """
    from orchestration.cli.tutorial.accident import play

    play(days, port, opens_browser=browser)
