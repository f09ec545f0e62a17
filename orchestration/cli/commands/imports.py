"""`meta-ads import`: take in an export of Ads Manager."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import (
    Columns,
    DateOrder,
    Debug,
    DecimalMark,
    Json,
    columns_by_meaning,
)


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An export of Ads Manager, CSV or XLSX, by day.")
    ],
    client: Annotated[
        str, typer.Option("--client", metavar="CLIENT", help="The client_id in the clients file.")
    ],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be imported; keep nothing.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Also days of which Meta's own rows stand, if not by less."),
    ] = False,
    currency: Annotated[
        str | None, typer.Option(help="Of the export, where it names none: EUR.")
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help="Of the ad account, where Meta never said it: Europe/Berlin."),
    ] = None,
    column: Columns = None,
    date_order: DateOrder = None,
    decimal_mark: DecimalMark = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Import days that Meta's API no longer has, or lost, from an export of Ads Manager.

    The rows pass the same checks as answers of the API, get receipts, and are built and published.
    A file that cannot be read exactly is refused with its lines. Of days of which Meta's own rows
    stand nothing is imported, unless --replace says so.

    Exit code 1: days were left out or refused.
    """
    from orchestration.cli.actions.imports import ImportOrder, run_import
    from orchestration.exports.reader import Reading

    order = ImportOrder(
        path=file,
        client_id=client,
        how=Reading(
            columns=columns_by_meaning(column),
            currency=currency,
            date_order=date_order,
            decimal_mark=decimal_mark,
        ),
        timezone_name=timezone,
        replace=replace,
        is_preview=preview,
        as_json=json,
        debug=debug,
    )
    raise typer.Exit(run_import(order))
