"""What finally failed and is still open, for people and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import date

from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.text import instant, span
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import known_clients
from orchestration.warehouse.ledger.recovery import Entry, open_entries

NOTHING_OPEN, OPEN = 0, 1
"""Exit codes."""


def print_open(
    settings: Settings,
    client_ids: Sequence[str],
    days: tuple[date, date | None] | None,
    *,
    as_json: bool,
) -> int:
    """List the open entries of the recovery log; returns the exit code.

    With clients or days only what concerns them. People see what was met several times once.

    Raises:
        UsageError: nobody knows such a client here.
    """
    with connect(settings) as connection:
        known = {client.client_id for client in known_clients(connection, client_ids)}
        if unknown := [client_id for client_id in client_ids if client_id not in known]:
            raise UsageError(
                f"No client {unknown[0]}: meta-ads clients list shows which there are."
            )
        found = [entry for entry in open_entries(connection, client_ids) if _touches(entry, days)]
    if as_json:
        print_document({"open": found})
        return OPEN if found else NOTHING_OPEN
    for line in _lines(found):
        say(line)
    if not found:
        say("Nothing that failed is open.")
    return OPEN if found else NOTHING_OPEN


def _touches(entry: Entry, days: tuple[date, date | None] | None) -> bool:
    if days is None:
        return True
    since, until = days
    if entry["since"] is None:
        return False
    return bool(entry["until"] >= since and (until is None or entry["since"] <= until))


def _lines(found: Sequence[Entry]) -> Iterator[str]:
    alike: dict[tuple[str, ...], list[Entry]] = {}
    for entry in found:
        alike.setdefault(_about(entry), []).append(entry)
    for times in alike.values():
        latest = max(times, key=lambda entry: entry["at"])
        again = f", {len(times)} times" if len(times) > 1 else ""
        yield f"{_subject(latest)}: {latest['error']}: {latest['reason']} ({_tried(latest)}{again})"
        if latest["replay"]:
            yield f"    {latest['replay']}"


def _about(entry: Entry) -> tuple[str, ...]:
    """What several entries have in common that are the same to a person."""
    if entry["client_id"] is None:
        return entry["kind"], entry["entry"]
    return entry["kind"], entry["client_id"], str(entry["since"]), str(entry["until"])


def _subject(entry: Entry) -> str:
    if entry["client_id"] is None:
        return str(entry["entry"])
    return f"{entry['kind']}, {entry['client_id']} {span(entry['since'], entry['until'])}"


def _tried(entry: Entry) -> str:
    """When, and after how many attempts of the call."""
    at = instant(entry["at"])
    attempts = len(entry["attempts"])
    return f"{at}, after {attempts} attempts" if attempts > 1 else at
