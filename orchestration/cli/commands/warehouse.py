"""`meta-ads env` and `sql`: the warehouse for dbt, psql and analysts."""

from datetime import datetime
from typing import Annotated

import typer


def env() -> None:
    """Print what plain dbt and psql need: eval "$(meta-ads env)". Holds the password."""
    import shlex

    from orchestration.cli.session import open_warehouse
    from orchestration.transformation.project import dbt_environment

    for name, value in dbt_environment(open_warehouse()).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def sql(
    statement: Annotated[str | None, typer.Argument(help="One statement; none: a prompt.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="What marts_as_of shows: the marts as published at the end of this day, in UTC.",
        ),
    ] = None,
) -> None:
    """Query the marts as an analyst: read-only, one snapshot for the whole session.

    The schema marts holds what is published now. With --as-of, marts_as_of holds the same views as
    of that day: meta-ads sql --as-of 2026-09-03 "select * from marts_as_of.monthly_client_summary"
    """
    from orchestration.cli.actions.sql import run_sql
    from orchestration.cli.session import open_warehouse

    run_sql(open_warehouse(), statement, as_of.date() if as_of else None)
