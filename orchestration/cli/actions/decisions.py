"""The commands by which a person decides about days, and what they print."""

import sys
from collections.abc import Sequence
from datetime import date

from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.documents import print_document
from orchestration.cli.session import Session
from orchestration.clients.model import Client
from orchestration.collection.decisions import (
    compare_refused_day,
    discard_days,
    release_days,
    waive_days,
)
from orchestration.collection.plan import OwedWindow, owed_list
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.text import json_text
from orchestration.warehouse.connection import connect
from orchestration.warehouse.intake.quarantine import quarantined_rows, refused_days
from orchestration.warehouse.ledger.clients import known_clients, sync_clients


def waive(session: Session, client_id: str, since: date, until: date, reason: str) -> None:
    """Waive days and say which."""
    client = session.client(client_id)
    with connect(session.settings, autocommit=True) as connection:
        sync_clients(connection, session.clients)
        waived = waive_days(connection, client, since, until, reason)
    say(f"{client_id}: {len(waived)} days waived, from {waived[0]} to {waived[-1]}.")


def decide(
    session: Session, decision: str, client_id: str, since: date, until: date, reason: str
) -> None:
    """Release or discard refused days and say which."""
    client = session.client(client_id)
    with connect(session.settings, autocommit=True) as connection:
        if decision == "release":
            chosen = release_days(connection, client, since, until, reason)
        else:
            chosen = discard_days(connection, client, since, until, reason)
    for day in chosen:
        say(f"{client_id} {day.date_day}: {decision}d ({', '.join(day.rules)})")
    if decision == "release":
        say("Next: meta-ads build publishes them.")


def print_quarantine(session: Session, only: Sequence[str], *, as_json: bool) -> None:
    """A line for each refused day."""
    chosen = [session.client(name).client_id for name in only]
    chosen = chosen or [client.client_id for client in session.clients]
    with connect(session.settings) as connection:
        found = refused_days(connection, chosen)
    if as_json:
        sys.stdout.write(json_text({"refused": found}) + "\n")
        return
    for day in found:
        stands = "nothing stands" if day.stands == "none" else f"earlier data stand ({day.stands})"
        say(f"{day.client_id} {day.date_day}: {', '.join(day.rules)}; {stands}")
        for detail in day.details:
            say(f"    {detail}")
    if not found:
        say("Nothing is refused.")
    else:
        say("meta-ads quarantine show CLIENT DAY prints the rows; release or discard decides.")


def show_quarantine(session: Session, client_id: str, day: date) -> None:
    """One refused day with its rows, as JSON.

    Raises:
        UsageError: the day is not refused.
    """
    client = session.client(client_id)
    with connect(session.settings) as connection:
        found = refused_days(connection, [client.client_id], day, day)
        if not found:
            raise UsageError(f"{client_id} {day} is not refused: meta-ads quarantine list.")
        rows = quarantined_rows(connection, found[0].batch_id, day)
        figures = compare_refused_day(connection, client, found[0])
    document = {
        "refused": found[0],
        "figures": figures,
        "rows": [{"level": level, "row": payload} for level, payload in rows],
    }
    print_document(document)


def print_owed(settings: Settings, clients: Sequence[Client], *, as_json: bool) -> None:
    """What the next run asks for and why, and what is asked for again only later."""
    with connect(settings) as connection:
        sync_clients(connection, clients)
        known = known_clients(connection, [client.client_id for client in clients])
        owed = owed_list(connection, clients)
    if as_json:
        sys.stdout.write(json_text({"owed": owed}) + "\n")
        return
    console = listing_console()
    for client in known:
        if client.account_refused:
            console.print(f"{client.client_id}: {client.account_refused}")
    for one in owed:
        console.print(_owed(one))
    if not owed:
        console.print("Nothing is owed.")


def _owed(owed: OwedWindow) -> str:
    window = owed.window
    days = len(window.days)
    text = f"{window.client_id}: {window.since} to {window.until} ({days} days), {owed.why}"
    if owed.attempts:
        text += f", {owed.attempts} in vain ({owed.reason})"
    if not owed.can_be_asked:
        text += (
            "; the ad account is asked for no day before its account_since: only meta-ads owed "
            f'waive {window.client_id} {window.since} {window.until} --reason "..." closes them'
        )
    elif not owed.is_due:
        # Also days that were never tried, of a client whose token is dead.
        again = f"after {owed.asked_again_at}" if owed.asked_again_at else "by hand only"
        text += f"; asked for {'again ' if owed.attempts else ''}{again}, at once by meta-ads run"
    return text
