"""The calendar: clients by due days; the colour and letter of a cell show the day's state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from orchestration.expectations.catalogue.reasons import cause_in_words
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.database import Database

DAYS = 28
CLIENTS_A_PAGE = 50
LONGEST_FILTER = 64

Rows = list[dict[str, Any]]

SIZE = read_sql(__file__, "calendar/size")
CLIENTS = read_sql(__file__, "calendar/clients")
STATES_OF = read_sql(__file__, "calendar/days")


@dataclass(frozen=True)
class State:
    """The letter and the meaning of a state, so that it is never shown by colour alone."""

    letter: str
    meaning: str


STATES: Mapping[str, State] = {
    "good": State("✓", "received, checked, kept"),
    "mended": State("+", "kept, its conversions completed from ad sets or ads"),
    "held": State("H", "earlier rows stand, the last reading of them was refused"),
    "zero": State("0", "Meta answered: nothing was delivered"),
    "thin": State("T", "kept, far less than usual"),
    "split": State("S", "delivery without its conversions, nothing else stands"),
    "split-held": State("S✓", "earlier rows stand, the last reading lacks conversions"),
    "refused": State("R", "refused by the gate, nothing stands"),
    "failed": State("F", "the last collection failed, nothing stands"),
    "missing": State("M", "late, and there is no answer"),
    "waived": State("W", "given up by a person"),
    "expected": State("…", "due, not late yet"),
}
STANDING = {"held", "split-held"}
"""States of days whose last reading was refused while earlier rows stand."""


def shown_state(day: Mapping[str, Any]) -> str:
    """The state of a row of `ops.day_states`; a split day is told apart where earlier rows stand.

    Where an audit found the split in the rows that stand, no reading was refused.
    """
    state: str = day["state"]
    stands = day["stands"] not in ("none", "waived") and day["last_attempt"] == "refused"
    return "split-held" if state == "split" and stands else state


@dataclass(frozen=True)
class Day:
    """A cell of the calendar; `state` is empty if the day is not owed."""

    date_day: date
    state: str
    title: str

    @property
    def letter(self) -> str:
        """The letter in the cell."""
        return STATES[self.state].letter if self.state else ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The days of a client; `has_time_zone` is false until Meta has answered about its account."""

    client_id: str
    name: str
    status: str
    has_time_zone: bool
    days: list[Day]


@dataclass(frozen=True, kw_only=True)
class DayCalendar:
    """A page of the calendar; of `listed` clients `matching` match the filter `q`."""

    q: str
    page: int
    pages: int
    matching: int
    listed: int
    days: list[date]
    rows: list[Row]

    @property
    def months(self) -> list[tuple[date, int]]:
        """The months of the days, and how many of the days are in each."""
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
    """Read a page of the clients that match the filter; the last page if there are fewer."""
    values: dict[str, Any] = {"q": q.lower()}
    size = await database.row(SIZE, values)
    assert size is not None
    pages = max(-(-size["matching"] // CLIENTS_A_PAGE), 1)
    page = min(max(page, 1), pages)
    values |= {"limit": CLIENTS_A_PAGE, "offset": (page - 1) * CLIENTS_A_PAGE}
    clients = await database.rows(CLIENTS, values)
    client_ids = [client["client_id"] for client in clients]
    states = await database.rows(STATES_OF, {"days": DAYS, "clients": client_ids})
    days = [size["last_day"] - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return DayCalendar(
        q=q,
        page=page,
        pages=pages,
        matching=size["matching"],
        listed=size["listed"],
        days=days,
        rows=_rows(clients, days, states),
    )


def _rows(clients: Rows, days: list[date], states: Rows) -> list[Row]:
    by_cell = {(state["client_id"], state["date_day"]): state for state in states}
    return [
        Row(
            client_id=client["client_id"],
            name=client["name"],
            status=client["status"],
            has_time_zone=client["timezone_name"] is not None,
            days=[
                _day(client["client_id"], day, by_cell.get((client["client_id"], day)))
                for day in days
            ],
        )
        for client in clients
    ]


def _day(client_id: str, day: date, state: Mapping[str, Any] | None) -> Day:
    if state is None:
        return Day(day, "", f"{client_id} {day}: not owed")
    name = shown_state(state)
    standing = ", earlier rows stand" if name in STANDING else ""
    reason = f": {cause_in_words(state['reason'])}" if state["reason"] else ""
    return Day(day, name, f"{client_id} {day}: {name}{standing}{reason}")
