"""What `meta-ads import` does: read the export, import or preview it, build and publish."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.cli.actions.jobs import JobRequest, run_job
from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.imports import import_document, print_import
from orchestration.cli.session import open_session
from orchestration.collection.imports.importing import Imported, ImportRequest, import_export
from orchestration.exports.export import Export
from orchestration.exports.reader import Reading, read_export
from orchestration.progress import Silent


@dataclass(frozen=True, kw_only=True)
class ImportOrder:
    """What a person asked for at the command line."""

    path: Path
    client_id: str
    how: Reading
    timezone_name: str | None
    replace: bool
    is_preview: bool
    as_json: bool
    debug: bool


def run_import(order: ImportOrder) -> int:
    """Import an export, and publish what it changed; returns the exit code.

    Raises:
        UsageError: the file is refused; nothing was kept.
        MetaAdsError: the rows were kept, and the build failed.
    """
    # The file is read first: what is wrong with it costs no warehouse.
    export = read_export(order.path, order.how)
    imported = _import(order, export)
    if order.as_json and (order.is_preview or not imported.days_changed):
        print_document(import_document(export, imported, is_preview=order.is_preview))
    elif not order.as_json:
        print_import(export, imported, is_preview=order.is_preview)
    code = UNFINISHED if imported.left_out or imported.days_refused else DONE
    if order.is_preview:
        return code
    if not imported.days_changed:
        if not order.as_json:
            say("Nothing changed: there is nothing to publish.")
        return code
    request = JobRequest(
        job="build_only",
        # The summary is about what was imported, not about everybody's running month.
        days=(export.days[0], export.days[-1]),
        only=(order.client_id,),
        as_json=order.as_json,
        debug=order.debug,
        document={"import": import_document(export, imported, is_preview=False)},
    )
    return max(code, run_job(request))


def _import(order: ImportOrder, export: Export) -> Imported:
    with open_session() as session:
        request = ImportRequest(
            export=export,
            client_id=session.client(order.client_id).client_id,
            replace=order.replace,
            timezone_name=order.timezone_name,
            keeps=not order.is_preview,
        )
        return import_export(session.settings, session.clients, request, Silent())
