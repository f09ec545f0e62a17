"""What `meta-ads reconcile` does: read the file, compare it in one snapshot, print the verdict."""

from pathlib import Path

import psycopg

from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.reconcile import print_reconciled, reconciled_document
from orchestration.cli.session import open_warehouse
from orchestration.errors import UsageError
from orchestration.exports.reader import Reading, read_export
from orchestration.reconcile.reconciling import reconcile
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.summary import has_marts


def run_reconcile(path: Path, how: Reading, client_id: str | None, *, as_json: bool) -> int:
    """Compare an export with the marts; returns the exit code.

    Raises:
        UsageError: the file cannot be compared.
    """
    # The file is read first: what is wrong with it costs no warehouse.
    export = read_export(path, how)
    with connect(open_warehouse()) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if not has_marts(connection):
            raise UsageError("Nothing is published yet: meta-ads run collects and publishes.")
        found = reconcile(connection, export, client_id)
    if as_json:
        print_document(reconciled_document(export, found))
    else:
        print_reconciled(export, found)
    return DONE if found.agrees else UNFINISHED
