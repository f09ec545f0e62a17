"""The days of a named range that are not asked for, and why: nobody should miss them in silence."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from orchestration.clients.model import Client
from orchestration.collection.plan import range_windows
from orchestration.days import span
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.ledger.clients import KnownClient

ONE_DAY = timedelta(days=1)
NAMED_CLIENTS = 3
"""So many clients are named; of more their number is said."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Days of some clients that are left out of a range for one reason."""

    since: date
    until: date
    reason: str
    client_ids: list[str]

    def __str__(self) -> str:
        """`2020-01-01 to 2020-02-01: Meta keeps 37 months (16 clients)`."""
        some = len(self.client_ids) <= NAMED_CLIENTS
        clients = ", ".join(self.client_ids) if some else plural(len(self.client_ids), "client")
        return f"{span(self.since, self.until)}: {self.reason} ({clients})"


def left_out_of_range(
    settings: Settings,
    clients: Sequence[tuple[Client, KnownClient]],
    since: date,
    until: date | None,
) -> list[LeftOut]:
    """What a range asks for in vain, by reason and days; without `until` it ends as it may."""
    grouped: dict[tuple[date, date, str], list[str]] = defaultdict(list)
    for client, known in clients:
        for first, last, reason in _parts(settings, client, known, since, until):
            grouped[first, last, reason].append(client.client_id)
    return [
        LeftOut(since=first, until=last, reason=reason, client_ids=ids)
        for (first, last, reason), ids in sorted(grouped.items())
    ]


def count_asked(
    settings: Settings,
    clients: Sequence[tuple[Client, KnownClient]],
    since: date,
    until: date | None,
) -> int:
    """How many client-days of a range can be asked for."""
    active = [(client, known) for client, known in clients if client.status != "paused"]
    return sum(len(window.days) for window in range_windows(settings, active, since, until))


def _parts(
    settings: Settings, client: Client, known: KnownClient, since: date, until: date | None
) -> Iterator[tuple[date, date, str]]:
    """The parts of a range that are left out of one client; each day is in one of them."""
    zone = known.timezone_name or "UTC"
    due, today = settings.latest_due_day(zone), settings.now().astimezone(ZoneInfo(zone)).date()
    last = max(since, due) if until is None else until
    if client.status == "paused":
        yield since, last, "status: paused in the clients file"
        return
    for first_kept, reason in (
        (known.earliest_day, "Meta keeps 37 months"),
        (known.starts_on, "before starts_on of the clients file"),
        (known.account_since, "before account_since of the clients file"),
    ):
        if first_kept is not None and since < first_kept and since <= last:
            yield since, min(last, first_kept - ONE_DAY), reason
            since = first_kept
    for last_kept, reason in (
        (known.ends_on, "after ends_on of the clients file"),
        (today, "not begun yet"),
        (due if until is None else None, "not due yet; --until asks for today, too"),
    ):
        if last_kept is not None and last > last_kept and since <= last:
            yield max(since, last_kept + ONE_DAY), last, reason
            last = last_kept
