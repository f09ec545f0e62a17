"""`meta-ads doctor`: what an installation needs, and the command that mends what is amiss."""

import typer

from orchestration.cli.options import Json


def doctor(json: Json = False) -> None:
    """Look at everything that is needed, and name the command that mends what is amiss.

    Python, disk, settings, clients, Meta's API with each token and ad account, the database, what
    runs by itself, servers and ports, destinations of alerts. Nothing is started, made, changed or
    sent.

    Exit code 0: all is well. 1: warnings. 4: failures. 3: Meta or the warehouse cannot be reached.
    """
    from orchestration.cli.actions.doctor import show_doctor

    raise typer.Exit(show_doctor(as_json=json))
