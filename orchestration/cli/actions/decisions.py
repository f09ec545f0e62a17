"""What `meta-ads owed` and `meta-ads quarantine` do: list days, and store what a person decides."""

from collections.abc import Sequence
from datetime import date

from orchestration.cli.actions.confirming import confirm_on_terminal
from orchestration.cli.output.console import say
from orchestration.cli.output.decisions import print_decided, print_owed, print_refused
from orchestration.cli.output.documents import print_document
from orchestration.cli.session import Session
from orchestration.collection.decisions import (
    compare_refused_day,
    discard_days,
    release_days,
    waive_days,
)
from orchestration.collection.plan import owed_list
from orchestration.days import span
from orchestration.errors import UsageError
from orchestration.text import plural
from orchestration.warehouse.connection import connect
from orchestration.warehouse.intake.quarantine import quarantined_rows, refused_days
from orchestration.warehouse.ledger.clients import known_clients, set_owed_since, sync_clients


def list_owed(session: Session, *, as_json: bool) -> None:
    """List what the next run asks for and why, and what is asked for again only later."""
    with connect(session.settings) as connection:
        sync_clients(connection, session.clients)
        connection.commit()
        clients = known_clients(connection, session.client_ids)
        # As a run will find it once it knows the time zones; nothing of this is kept.
        set_owed_since(connection, session.settings, with_unknown_zones=True)
        owed = owed_list(connection, session.clients)
        connection.rollback()
    if as_json:
        print_document({"owed": owed})
    else:
        print_owed(clients, owed)


def waive(session: Session, client_id: str, since: date, until: date, reason: str) -> None:
    """Close days that will never come and print which."""
    client = session.client(client_id)
    with connect(session.settings, autocommit=True) as connection:
        sync_clients(connection, session.clients)
        days = waive_days(connection, client, since, until, reason)
    say(f"{client_id}: {plural(len(days), 'day')} waived, from {days[0]} to {days[-1]}.")


def list_refused(session: Session, only: Sequence[str], *, as_json: bool) -> None:
    """List the refused days of the clients named, or of all."""
    client_ids = session.chosen(only)
    with connect(session.settings) as connection:
        days = refused_days(connection, client_ids)
    if as_json:
        print_document({"refused": days})
    else:
        print_refused(days)


def show_refused(session: Session, client_id: str, day: date) -> None:
    """Print one refused day with its figures and rows as JSON.

    Raises:
        UsageError: the day is not refused.
    """
    client = session.client(client_id)
    with connect(session.settings) as connection:
        refused = refused_days(connection, [client.client_id], day, day)
        if not refused:
            raise UsageError(
                f"{client_id} {day} is not refused: meta-ads quarantine list shows the days."
            )
        rows = quarantined_rows(connection, refused[0].batch_id, day)
        figures = compare_refused_day(connection, client, refused[0])
    print_document(
        {
            "refused": refused[0],
            "figures": figures,
            "rows": [{"level": level, "row": payload} for level, payload in rows],
        }
    )


def release(session: Session, client_id: str, since: date, until: date, reason: str) -> None:
    """Store refused days after all and print which."""
    client = session.client(client_id)
    with connect(session.settings, autocommit=True) as connection:
        days = release_days(connection, client, since, until, reason)
    print_decided(client_id, days, "released")
    say("Next: meta-ads build publishes them.")


def discard(
    session: Session,
    client_id: str,
    since: date,
    until: date,
    reason: str,
    *,
    without_asking: bool,
) -> None:
    """Drop the rows of refused days and print which.

    Raises:
        typer.Abort: the person at the terminal said no.
    """
    client = session.client(client_id)
    confirm_on_terminal(
        f"This deletes the refused rows of {client_id}, {span(since, until)}",
        without_asking=without_asking,
    )
    with connect(session.settings, autocommit=True) as connection:
        days = discard_days(connection, client, since, until, reason)
    print_decided(client_id, days, "discarded")
