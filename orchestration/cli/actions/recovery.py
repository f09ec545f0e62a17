"""What `meta-ads recover --list` does: list what finally failed and is still open."""

from collections.abc import Sequence

from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.options import DayRange
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.recovery import print_recovery_log
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import check_clients
from orchestration.warehouse.ledger.recovery import Entry, open_entries


def list_open(
    settings: Settings, client_ids: Sequence[str], days: DayRange | None, *, as_json: bool
) -> int:
    """List the open entries of the recovery log; returns the exit code.

    With clients or days, only entries about those. JSON has each entry; people see a failure that
    happened several times once.

    Raises:
        UsageError: the warehouse has no such client.
    """
    with connect(settings) as connection:
        check_clients(connection, client_ids)
        entries = [e for e in open_entries(connection, client_ids) if _is_within(e, days)]
    if as_json:
        print_document({"open": entries})
    else:
        print_recovery_log(entries)
    return UNFINISHED if entries else DONE


def _is_within(entry: Entry, days: DayRange | None) -> bool:
    """Whether an entry concerns days of the range."""
    if days is None:
        return True
    if entry["since"] is None:
        return False
    since, until = days
    return bool(entry["until"] >= since and (until is None or entry["since"] <= until))
