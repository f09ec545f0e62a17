"""`meta-ads backup` and `meta-ads restore`: the whole installation in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

NewFile = Annotated[
    Path, typer.Argument(metavar="FILE", dir_okay=False, help="The file to write; must not exist.")
]
BackupFile = Annotated[
    Path, typer.Argument(metavar="FILE", dir_okay=False, help="A file of meta-ads backup.")
]


def backup(file: NewFile) -> None:
    """Write the warehouse, its roles, the clients file and Dagster's history into one new file.

    The backup is consistent, also while runs go on.

    The file holds client data and the stored form of the roles' passwords, so only its owner can
    read it. Tokens and other secrets of the environment and of .env are not in it.
    """
    from orchestration.cli.actions.backup import write_backup
    from orchestration.cli.session import open_warehouse

    write_backup(open_warehouse(), file)


def restore(file: BackupFile) -> None:
    """Restore a backup into an empty warehouse, completely or not at all.

    The warehouse may have another name and be on another server, which need not have the roles.

    The clients file and Dagster's history are written only where there are none.
    """
    from orchestration.cli.actions.backup import read_backup
    from orchestration.settings import load_settings

    read_backup(load_settings(), file)
