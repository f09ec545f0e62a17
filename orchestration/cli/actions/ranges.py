"""Says before a job begins which days of its range are not asked for."""

from collections.abc import Sequence

from orchestration.cli.options import DayRange
from orchestration.cli.output.console import say_error
from orchestration.cli.session import Session
from orchestration.collection.left_out import LeftOut, count_asked, left_out_of_range
from orchestration.errors import UsageError
from orchestration.text import plural
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.ledger.clients import known_clients, sync_clients


def check_range(session: Session, days: DayRange, only: Sequence[str]) -> list[LeftOut]:
    """Print the days of the range that are left out, with the reasons; returns them.

    Raises:
        UsageError: no day of the range can be asked for.
    """
    settings, (since, until) = session.settings, days
    chosen = set(session.chosen(only))

    def read() -> tuple[list[LeftOut], int]:
        with connect(settings) as connection:
            sync_clients(connection, session.clients)
            known = {k.client_id: k for k in known_clients(connection, sorted(chosen))}
        pairs = [(c, known[c.client_id]) for c in session.clients if c.client_id in chosen]
        left_out = left_out_of_range(settings, pairs, since, until)
        return left_out, count_asked(settings, pairs, since, until)

    left_out, count = retry_if_broken_off(settings, read)
    reasons = "".join(f"\n  {part}" for part in left_out)
    if not count:
        raise UsageError(f"No day of this range can be asked for:{reasons}")
    if left_out:
        are = "is" if count == 1 else "are"
        say_error(
            f"{plural(count, 'client-day')} of this range {are} asked for. Left out:{reasons}"
        )
    return left_out
