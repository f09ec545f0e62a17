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
    """Write the warehouse, its roles and the clients file into one new file.

    The backup is consistent, also while runs go on. A warehouse without clients and receipts is
    refused: it is hardly the one that was meant.

    Dagster's records are in the warehouse. Those of a DAGSTER_HOME of your own are added, where
    they are in SQLite files.

    The file holds client data and the stored form of the roles' passwords, so only its owner can
    read it. Tokens and other secrets of the environment and of .env are not in it.
    """
    from orchestration.cli.actions.backup import write_backup
    from orchestration.settings import load_settings

    write_backup(load_settings(), file)


def restore(file: BackupFile) -> None:
    """Restore a backup into an empty warehouse, completely or not at all.

    The warehouse may have another name and be on another server, which need not have the roles.

    Dagster's records come back with it. The clients file, and SQLite files of a DAGSTER_HOME of
    your own, are written only where there are none.
    """
    from orchestration.cli.actions.backup import read_backup
    from orchestration.settings import load_settings

    read_backup(load_settings(), file)
