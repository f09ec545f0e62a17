"""`meta-ads reconcile` and `export`: a file against the marts, and the marts as a file."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import (
    DAY,
    DAY_FORMATS,
    Columns,
    DateOrder,
    DecimalMark,
    Json,
    OnlyClients,
    columns_by_meaning,
    period_of,
)


class Format(StrEnum):
    """The forms in which a mart is written."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


def reconcile(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An export of Ads Manager, or of meta-ads export; CSV or XLSX."
        ),
    ],
    client: Annotated[
        str | None,
        typer.Option(
            "--client",
            metavar="CLIENT",
            help="Whose export it is. Default: the client whose ad account or campaigns it names.",
        ),
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Of the export, where it names none: EUR.")
    ] = None,
    column: Columns = None,
    date_order: DateOrder = None,
    decimal_mark: DecimalMark = None,
    json: Json = False,
) -> None:
    """Compare an export of Ads Manager with the marts, and say why each difference is there.

    Rows may be about days, or about ranges of days such as months. It only reads.

    Exit code 0: they agree. 1: they differ. 2: the file is another account's, or
    cannot be read.
    """
    from orchestration.cli.actions.reconcile import run_reconcile
    from orchestration.exports.reader import Reading

    how = Reading(
        columns=columns_by_meaning(column),
        currency=currency,
        date_order=date_order,
        decimal_mark=decimal_mark,
        with_ranges=True,
    )
    raise typer.Exit(run_reconcile(file, how, client, as_json=json))


def export(
    mart: Annotated[
        str,
        typer.Argument(metavar="MART", help="A mart, such as daily_campaign_performance."),
    ],
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help="Only this month. Default: everything."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=DAY_FORMATS, metavar=DAY, help="Only from this day on."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until", formats=DAY_FORMATS, metavar=DAY, help="Only up to this day, with --since."
        ),
    ] = None,
    client: OnlyClients = None,
    format: Annotated[
        Format | None,
        typer.Option("--format", help="Default: as the name of the file ends, else csv."),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FILE", help="The file to write or replace; - is stdout, for CSV."
        ),
    ] = Path("-"),
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=DAY_FORMATS,
            metavar=DAY,
            help="As published at the end of this day, in UTC. Default: as published now.",
        ),
    ] = None,
) -> None:
    """Write a mart to a file: CSV, XLSX or Parquet, of a period and of clients.

    All rows are of one state of the data, and say how complete their month is. The file is there
    whole or not at all. No text in it is run as a formula.
    """
    from orchestration.cli.actions.export import ExportOrder, run_export
    from orchestration.cli.session import open_warehouse
    from orchestration.extracts.mart import Wanted

    first, last = period_of(month, since, until)
    wanted = Wanted(mart, first, last, client or (), as_of.date() if as_of else None)
    run_export(open_warehouse(), ExportOrder(wanted, format.value if format else None, out))
