"""What `meta-ads backup` and `meta-ads restore` do, and the figures that they print."""

from pathlib import Path
from time import monotonic

from orchestration.backup.backup import back_up, check_is_there
from orchestration.backup.restore import restore_from
from orchestration.cli.output.console import say
from orchestration.cli.session import bring_up_to_date, say_as_of
from orchestration.settings import Settings
from orchestration.text import plural


def write_backup(settings: Settings, file: Path) -> None:
    """Write a backup and print what is in it.

    Raises:
        UsageError: there is nothing to back up, or the file cannot be written there.
    """
    began = monotonic()
    check_is_there(settings)
    bring_up_to_date(settings)
    say_as_of(settings)
    backup = back_up(settings, file)
    files = plural(backup.dagster_files, "SQLite file")
    dagster = f"{files} of Dagster; " if backup.dagster_files else ""
    say(
        f"{backup.path}: {backup.size / 1e6:,.1f} MB in {monotonic() - began:.1f} s. "
        f"{plural(backup.clients, 'client')}, {plural(backup.client_days, 'client-day')}, "
        f"{plural(backup.publications, 'publication')}; {dagster}"
        f"{'the clients file' if backup.has_clients_file else 'no clients file'}. "
        "Not in it: .env."
    )


def read_backup(settings: Settings, file: Path) -> None:
    """Restore a backup, and print what is back and what a person still has to do."""
    began = monotonic()
    restored = restore_from(settings, file)
    say(
        f"Back in {monotonic() - began:.1f} s: {plural(restored.clients, 'client')} and "
        f"{plural(restored.publications, 'publication')}. meta-ads publications verify compares "
        "every row."
    )
    for path in restored.left_alone:
        say(f"Left alone, because it was there: {path}.")
    if restored.without_password:
        names = ", ".join(restored.without_password)
        say(
            f"Passwords that the backup does not know: {names}. Set them in SQL: "
            "alter role NAME password '...'."
        )
