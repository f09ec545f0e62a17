"""The calendar: clients by due days, each cell coloured by what became of that day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from orchestration.web.database import Database

DAYS = 28
CLIENTS_A_PAGE = 50
LONGEST_FILTER = 64

COUNT = """
select
    count(*) filter (
        where %(q)s = '' or strpos(lower(name), %(q)s) > 0 or strpos(client_id, %(q)s) > 0
    ) as matching,
    count(*) as listed,
    (
        select coalesce(max(ops.latest_due_day(z.timezone_name)), ops.latest_due_day('UTC'))
        from (select distinct timezone_name from ops.clients where is_listed) as z
        where z.timezone_name is not null
    ) as last_day
from ops.clients
where is_listed
"""
CLIENTS = """
select client_id, name, status, timezone_name
from ops.clients
where
    is_listed
    and (%(q)s = '' or strpos(lower(name), %(q)s) > 0 or strpos(client_id, %(q)s) > 0)
order by client_id
limit %(limit)s offset %(offset)s
"""
STATES_OF = """
select client_id, date_day, state, reason
from ops.day_states(%(days)s, null)
where client_id = any(%(clients)s)
"""


@dataclass(frozen=True)
class State:
    """How a state is drawn and explained: never by its colour alone."""

    letter: str
    meaning: str


STATES: Mapping[str, State] = {
    "good": State("✓", "received, checked, kept"),
    "mended": State("+", "kept, its conversions completed from ad sets or ads"),
    "held": State("H", "good rows stand, the last reading of them was refused"),
    "zero": State("0", "Meta answered: nothing was delivered"),
    "thin": State("T", "kept, far less than usual"),
    "split": State("S", "delivery without its conversions"),
    "refused": State("R", "refused by the gate, nothing stands"),
    "failed": State("F", "the last collection failed, nothing stands"),
    "missing": State("M", "late, and there is no answer"),
    "waived": State("W", "given up by a person"),
    "expected": State("…", "due, not late yet"),
}


@dataclass(frozen=True)
class Day:
    """A cell; `state` is empty where nothing is owed."""

    date_day: date
    state: str
    title: str

    @property
    def letter(self) -> str:
        """What stands in the cell."""
        return STATES[self.state].letter if self.state else ""


@dataclass(frozen=True)
class Row:
    """A client's days; `was_answered` is false while its account never told where it is."""

    client_id: str
    name: str
    status: str
    was_answered: bool
    days: list[Day]


@dataclass(frozen=True)
class DayCalendar:
    """A page of it; `listed` clients in all, of which `matching` fit the filter `q`."""

    q: str
    page: int
    pages: int
    matching: int
    listed: int
    days: list[date]
    rows: list[Row]

    @property
    def months(self) -> list[tuple[date, int]]:
        """The months of the days, with how many of them fall into each."""
        grouped = groupby(self.days, lambda day: day.replace(day=1))
        return [(month, len(list(days))) for month, days in grouped]

    @property
    def first(self) -> int:
        """The number of the first client of the page."""
        return (self.page - 1) * CLIENTS_A_PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last client of the page."""
        return self.first + len(self.rows) - 1


async def day_calendar(database: Database, page: int, q: str) -> DayCalendar:
    """The page of the clients that fit, or the last one where there are fewer pages."""
    values: dict[str, Any] = {"q": q.lower()}
    count = await database.row(COUNT, values)
    assert count is not None
    pages = max(-(-count["matching"] // CLIENTS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    values |= {"limit": CLIENTS_A_PAGE, "offset": (page - 1) * CLIENTS_A_PAGE}
    clients = await database.rows(CLIENTS, values)
    states = await database.rows(
        STATES_OF, {"days": DAYS, "clients": [one["client_id"] for one in clients]}
    )
    days = [count["last_day"] - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    by_cell = {(one["client_id"], one["date_day"]): one for one in states}
    rows = [
        Row(
            one["client_id"],
            one["name"],
            one["status"],
            one["timezone_name"] is not None,
            [_day(one["client_id"], day, by_cell.get((one["client_id"], day))) for day in days],
        )
        for one in clients
    ]
    return DayCalendar(q, page, pages, count["matching"], count["listed"], days, rows)


def _day(client_id: str, day: date, found: Mapping[str, Any] | None) -> Day:
    if found is None:
        return Day(day, "", f"{client_id} {day}: not owed")
    reason = f": {found['reason']}" if found["reason"] else ""
    return Day(day, found["state"], f"{client_id} {day}: {found['state']}{reason}")
