"""`meta-ads env`, `sql` and `where`: the warehouse for dbt, psql and analysts, and all places."""

from datetime import datetime
from typing import Annotated

import typer

from orchestration.cli.options import DAY, DAY_FORMATS, Json


def env() -> None:
    """Print the environment variables that plain dbt and psql need, the password among them.

    Use it as: eval "$(meta-ads env)"
    """
    import shlex

    from orchestration.cli.session import open_warehouse
    from orchestration.transformation.project import dbt_environment

    for name, value in dbt_environment(open_warehouse()).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def sql(
    statement: Annotated[
        str | None, typer.Argument(help="One SQL statement. Default: open a psql prompt.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=DAY_FORMATS,
            metavar=DAY,
            help="Let marts_as_of show the marts as published at the end of this day, in UTC.",
        ),
    ] = None,
) -> None:
    """Query the marts, read-only: one statement, or a psql prompt without one.

    The whole session sees one state of the data. The schema marts holds what is published now.

    With --as-of, the schema marts_as_of holds the same views as of that day:
    meta-ads sql --as-of 2026-09-03 "select * from marts_as_of.monthly_client_summary"
    """
    from orchestration.cli.actions.sql import run_sql
    from orchestration.cli.session import open_warehouse

    run_sql(open_warehouse(), statement, as_of.date() if as_of else None)


def where(json: Json = False) -> None:
    """Show where state, settings, clients file and warehouse are, and what is there.

    Nothing is started or made, and no secret is shown. The places do not depend on the current
    folder, but for its own .env and clients.yml, which are looked for first.
    """
    from orchestration.cli.actions.where import show_places

    show_places(as_json=json)
