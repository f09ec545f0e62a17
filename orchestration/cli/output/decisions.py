"""What `meta-ads owed` and `meta-ads quarantine` print for people."""

from collections.abc import Sequence

from orchestration.cli.output.console import say
from orchestration.collection.plan import OwedWindow
from orchestration.days import DayRange, folded
from orchestration.expectations.catalogue.reasons import (
    cause_in_words,
    figures_of,
    reason_of_range,
    sentences,
)
from orchestration.text import plural, times
from orchestration.warehouse.intake.quarantine import RefusedDay
from orchestration.warehouse.ledger.clients import KnownClient


def print_owed(clients: Sequence[KnownClient], windows: Sequence[OwedWindow]) -> None:
    """Print the clients whose ad account is refused, then a line for each owed window."""
    for client in clients:
        if client.account_refused:
            say(f"{client.client_id}: {client.account_refused}")
    for days in folded(windows, _why, lambda owed: (owed.window.since, owed.window.until)):
        say(_owed_line(days))
    if not windows:
        say("Nothing is owed.")
    if unknown := [client for client in clients if client.timezone_name is None]:
        say(
            f"{plural(len(unknown), 'client was', 'clients were')} never asked: until Meta tells "
            "their time zones, their days are those of UTC."
        )


def print_refused(days: Sequence[RefusedDay]) -> None:
    """Print refused days with the rules they broke, and what is stored in their place."""
    for alike in _refused_ranges(days):
        latest = alike.rows[-1]
        stands = latest.stands
        kept = "nothing stands" if stands == "none" else f"earlier data stand ({stands})"
        say(f"{latest.client_id} {alike}: {kept}. {sentences(latest.rules)}.")
        figures = "; ".join(figures_of("; ".join(latest.details)))
        if figures:
            say(f"    {latest.date_day}: {figures}")
    if days:
        say(
            "meta-ads quarantine show CLIENT DAY prints the figures and rows of each day; release "
            "or discard decides."
        )
    else:
        say("Nothing is refused.")


def print_decided(client_id: str, days: Sequence[RefusedDay], decision: str) -> None:
    """Print which refused days were released or discarded."""
    for alike in _refused_ranges(days):
        say(f"{client_id} {alike}: {decision} ({sentences(alike.rows[0].rules)})")


def _refused_ranges(days: Sequence[RefusedDay]) -> list[DayRange[RefusedDay]]:
    return folded(
        days,
        lambda day: (day.client_id, day.stands, *day.rules),
        lambda day: (day.date_day, day.date_day),
    )


def _why(owed: OwedWindow) -> tuple[object, ...]:
    """What windows have in common that people read as one."""
    return (
        owed.window.client_id,
        owed.why,
        owed.attempts,
        cause_in_words(owed.reason or ""),
        owed.is_due,
        owed.asked_again_at,
        owed.can_be_asked,
    )


def _owed_line(days: DayRange[OwedWindow]) -> str:
    owed = days.rows[0]
    client_id = owed.window.client_id
    line = f"{client_id}: {days}, {owed.why}"
    if owed.attempts:
        reason = reason_of_range([each.reason or "" for each in days.rows])
        line += f", tried {times(owed.attempts)} without success ({reason})"
    if not owed.can_be_asked:
        line += (
            "; the ad account is asked for no day before its account_since: only meta-ads owed "
            f'waive {client_id} {days.since} {days.until} --reason "..." closes them'
        )
    elif not owed.is_due:
        # Days that were never tried are not due either where the client's token is dead.
        again = f"after {owed.asked_again_at}" if owed.asked_again_at else "by hand only"
        line += f"; asked for {'again ' if owed.attempts else ''}{again}, at once by meta-ads run"
    return line
