"""`meta-ads storage`: how much room everything takes, and deleting old records by hand."""

from typing import Annotated

import typer

from orchestration.cli.options import Json, Yes

storage = typer.Typer(
    help="Show the size of the tables, how fast they grow, and what retention would free.\n\n"
    "Dagster's daemon deletes old records each hour; without it, prune does. The settings "
    "META_ADS_KEEP_... say how long what is kept.",
    invoke_without_command=True,
)


@storage.callback()
def show_storage(context: typer.Context, json: Json = False) -> None:
    """Show the sizes, unless a command of the group is called."""
    if context.invoked_subcommand is None:
        from orchestration.cli.actions.storage import show_storage
        from orchestration.cli.session import open_warehouse

        show_storage(open_warehouse(), as_json=json)


@storage.command("prune")
def storage_prune(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what each rule would delete now.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete old records now, in small steps, until none is left that is old enough.

    Nothing waits for it, and it may be stopped at any moment: what was done stays done. What
    numbers, queries as of a day, and open faults stand on is kept whatever its age.
    """
    from orchestration.cli.actions.storage import prune_storage
    from orchestration.cli.session import open_warehouse

    prune_storage(open_warehouse(), dry_run=dry_run, without_asking=yes)
