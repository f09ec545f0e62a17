"""`meta-ads backup` and `meta-ads restore`: the whole installation in one file, and back."""

import time
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)]


def backup(file: File) -> None:
    """Write warehouse, roles, clients file and Dagster's history into one new file.

    Consistent while runs go on. It holds client data and what the server keeps of the roles'
    passwords, so nobody else may read it. Tokens and other secrets of the environment and of .env
    are not in it.
    """
    from orchestration.backup.backup import back_up
    from orchestration.cli.session import open_warehouse

    begun = time.monotonic()
    done = back_up(open_warehouse(), file)
    typer.echo(
        f"{done.path}: {done.size / 1e6:,.1f} MB in {time.monotonic() - begun:.1f} s. "
        f"{done.clients} clients, {done.client_days:,} client-days, {done.publications} "
        f"publications; Dagster's history in {done.dagster_files} files; "
        f"{'the clients file' if done.has_clients_file else 'no clients file'}. "
        "Not in it: .env."
    )


def restore(file: File) -> None:
    """Make a warehouse that holds nothing what a backup holds, all of it or nothing.

    It may have another name and be on another server, without the roles. Clients file and Dagster's
    history are written where there are none.
    """
    from orchestration.backup.restore import restore_from
    from orchestration.settings import load_settings

    begun = time.monotonic()
    done = restore_from(load_settings(), file)
    typer.echo(
        f"{done.clients} clients and {done.publications} publications are back, in "
        f"{time.monotonic() - begun:.1f} s. meta-ads publications verify compares every row."
    )
    for path in done.left_alone:
        typer.echo(f"Left alone, because it was there: {path}.")
    if done.without_password:
        names = ", ".join(done.without_password)
        typer.echo(
            f"Passwords that the backup does not know: {names}. Set them in SQL: "
            "alter role NAME password '...'."
        )
