"""What `meta-ads owed` and `meta-ads quarantine` print for people."""

from collections.abc import Sequence

from orchestration.cli.output.console import say
from orchestration.collection.plan import OwedWindow
from orchestration.text import plural, times
from orchestration.warehouse.intake.quarantine import RefusedDay
from orchestration.warehouse.ledger.clients import KnownClient


def print_owed(clients: Sequence[KnownClient], windows: Sequence[OwedWindow]) -> None:
    """Print the clients whose ad account is refused, then a line for each owed window."""
    for client in clients:
        if client.account_refused:
            say(f"{client.client_id}: {client.account_refused}")
    for owed in windows:
        say(_owed_line(owed))
    if not windows:
        say("Nothing is owed.")
    if unknown := [client for client in clients if client.timezone_name is None]:
        say(
            f"{plural(len(unknown), 'client was', 'clients were')} never asked: until Meta tells "
            "their time zones, their days are those of UTC."
        )


def print_refused(days: Sequence[RefusedDay]) -> None:
    """Print each refused day with the rules it broke, and what is stored in its place."""
    for day in days:
        kept = "nothing stands" if day.stands == "none" else f"earlier data stand ({day.stands})"
        say(f"{day.client_id} {day.date_day}: {', '.join(day.rules)}; {kept}")
        for detail in day.details:
            say(f"    {detail}")
    if days:
        say("meta-ads quarantine show CLIENT DAY prints the rows; release or discard decides.")
    else:
        say("Nothing is refused.")


def _owed_line(owed: OwedWindow) -> str:
    window = owed.window
    line = (
        f"{window.client_id}: {window.since} to {window.until} "
        f"({plural(len(window.days), 'day')}), {owed.why}"
    )
    if owed.attempts:
        line += f", tried {times(owed.attempts)} without success ({owed.reason})"
    if not owed.can_be_asked:
        line += (
            "; the ad account is asked for no day before its account_since: only meta-ads owed "
            f'waive {window.client_id} {window.since} {window.until} --reason "..." closes them'
        )
    elif not owed.is_due:
        # Days that were never tried are not due either where the client's token is dead.
        again = f"after {owed.asked_again_at}" if owed.asked_again_at else "by hand only"
        line += f"; asked for {'again ' if owed.attempts else ''}{again}, at once by meta-ads run"
    return line
