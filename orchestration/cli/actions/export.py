"""What `meta-ads export` does: read a mart in one snapshot, and write it whole or not at all."""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg

from orchestration.cli.actions.sql import failure
from orchestration.cli.output.console import say_error
from orchestration.errors import UsageError
from orchestration.extracts.about import About
from orchestration.extracts.csv_file import write_csv
from orchestration.extracts.mart import Mart, Wanted, open_mart
from orchestration.extracts.parquet_file import write_parquet
from orchestration.extracts.whole_file import whole_file
from orchestration.extracts.xlsx_file import write_xlsx
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.reader import reading

Writer = Callable[[IO[bytes], Mart, Iterable[Sequence[Sequence[Any]]]], None]
WRITERS: dict[str, Writer] = {"csv": write_csv, "xlsx": write_xlsx, "parquet": write_parquet}
STDOUT = Path("-")
MOST_NAMED = 10


@dataclass(frozen=True)
class ExportOrder:
    """What a person asked for at the command line."""

    wanted: Wanted
    format: str | None
    out: Path


def run_export(settings: Settings, order: ExportOrder) -> None:
    """Write a mart to a file or to stdout, and say on stderr what it lacks.

    Raises:
        UsageError: there is no such mart, client or form.
    """
    form = _form(order)
    try:
        with reading(settings, order.wanted.as_of) as connection:
            mart = open_mart(connection, order.wanted)
            _write(order.out, WRITERS[form], mart, mart.batches(connection))
    except psycopg.Error as error:
        raise failure(error) from None
    _say(order.out, mart.about)


def _form(order: ExportOrder) -> str:
    ending = order.out.suffix.removeprefix(".").lower()
    form = order.format or (ending if ending in WRITERS else "csv")
    if form != "csv" and order.out == STDOUT:
        raise UsageError(f"--format {form} needs --out FILE: stdout takes CSV alone.")
    return form


def _write(
    out: Path, writer: Writer, mart: Mart, batches: Iterable[Sequence[Sequence[Any]]]
) -> None:
    if out != STDOUT:
        with whole_file(out) as file:
            writer(file, mart, batches)
        return
    # Whoever reads may have enough before the end.
    with suppress(BrokenPipeError):
        writer(sys.stdout.buffer, mart, batches)
        sys.stdout.buffer.flush()


def _say(out: Path, about: About) -> None:
    where = "" if out == STDOUT else f" in {out}"
    shown = about.publications[-MOST_NAMED:]
    which = "publication" if len(shown) == 1 else "publications"
    of = f", of {which} {', '.join(map(str, shown))}" if shown else ""
    say_error(f"{plural(about.rows, 'row')} of {about.mart}{where}{of}.")
    if about.incomplete:
        named = ", ".join(
            f"{each['client_id']} {each['month']:%Y-%m} ({each['days_received']} of "
            f"{each['days_owed']} days)"
            for each in about.incomplete[:MOST_NAMED]
        )
        more = len(about.incomplete) - MOST_NAMED
        say_error(f"Not complete: {named}{f' and {more} more' if more > 0 else ''}.")
