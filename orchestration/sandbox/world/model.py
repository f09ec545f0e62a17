"""Accounts, their objects and their days: the types that the demo and a replayed file share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from orchestration.sandbox.world.lifecycle import Life, State

Number = int | Decimal
Amounts = tuple[Number, ...]

LEVELS = ("account", "campaign", "adset", "ad")
"""The levels of rows, from the widest to the narrowest."""

WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view")
"""The attribution windows served, in the order in which they follow `value` in `Amounts`."""

OPTIMIZATION_GOALS = {
    "OUTCOME_SALES": "OFFSITE_CONVERSIONS",
    "OUTCOME_LEADS": "LEAD_GENERATION",
    "OUTCOME_TRAFFIC": "LINK_CLICKS",
    "OUTCOME_AWARENESS": "REACH",
}
"""What ad sets are optimized for, by the objective of their campaign."""
ZERO_DECIMAL = frozenset({"CLP", "JPY", "KRW", "VND"})
"""Currencies without a minor unit."""


class Moment(NamedTuple):
    """The account's calendar day, and the share of it that is over, 0 to 1."""

    today: date
    elapsed: Fraction


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AdObject:
    """A campaign, ad set or ad; `ordinal` is its place in the account's list of its level.

    `budget` is a day's, in minor units; `weight` is its share of what its parent delivers.
    """

    level: str
    id: str
    name: str
    ordinal: int
    life: Life
    parent: "AdObject | None" = None
    objective: str = ""
    budget: int = 0
    weight: int = 1

    def at(self, level: str) -> "AdObject | None":
        """The object of the level: itself or one above it; `None` when there is none."""
        each: AdObject | None = self
        while each is not None and each.level != level:
            each = each.parent
        return each


class Conversion(NamedTuple):
    """One kind of action of a day, under all the overlapping types Meta reports it as.

    `counts` and `values` hold the default `value` first, then one amount for each of `WINDOWS`;
    `field` is the field of rows that has the counts.
    """

    types: tuple[str, ...]
    counts: Amounts
    values: Amounts | None
    field: str = "actions"


class Record(NamedTuple):
    """One object's day, or the sum of several; `None` is a metric that the source lacks."""

    owner: AdObject
    spend: Number | None
    impressions: Number | None
    clicks: Number | None
    link_clicks: Number | None
    reach: Number | None
    conversions: tuple[Conversion, ...]


Alter = Callable[[Record], Record | None]
"""Changes a campaign's record; `None` when nothing is left of it."""


class DaySource(Protocol):
    """Where an account's days come from."""

    def first_day(self, today: date) -> date:
        """The first day with data, seen on the account-local day `today`."""

    def last_day(self, today: date) -> date:
        """The last finished day with data, seen on the account-local day `today`."""

    def records(
        self, day: date, as_of: Moment, level: str = "campaign", alter: Alter | None = None
    ) -> Sequence[Record]:
        """What the objects of a level delivered on `day`, as it stands at the moment.

        `alter` works on the campaigns' records, and every other level is made of those.
        """

    def states(self, today: date) -> Mapping[str, State]:
        """The objects of all levels that exist on the day, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An ad account; `id` is without `act_`, `decimals` is the minor unit of its currency.

    `objects` holds the account's campaigns, ad sets and ads by level, each in its order.
    """

    id: str
    name: str
    currency: str
    timezone_name: str
    timezone_id: int
    created: date
    objects: Mapping[str, tuple[AdObject, ...]]
    source: DaySource
    decimals: int = 2
    trims_zeros: bool = True

    @property
    def campaigns(self) -> tuple[AdObject, ...]:
        """All campaigns that the account ever has."""
        return self.objects["campaign"]

    def find(self, object_id: str) -> AdObject | None:
        """The campaign, ad set or ad of the id."""
        for level in self.objects.values():
            for each in level:
                if each.id == object_id:
                    return each
        return None

    def today(self, now: datetime) -> date:
        """The calendar day in the account's own time zone."""
        return now.astimezone(ZoneInfo(self.timezone_name)).date()

    def moment(self, now: datetime) -> Moment:
        """The account's day, and how much of it is over in full hours."""
        today = self.today(now)
        over = now.timestamp() - midnight(today, self.timezone_name)
        return Moment(today, Fraction(int(over // 3600), hours_of(today, self.timezone_name)))

    def text(self, number: Number) -> str:
        """A number as the API writes it; a replayed file keeps its own digits."""
        if isinstance(number, int):
            return str(number)
        written = str(number)
        if "E" in written:
            written = format(number, "f")
        return trimmed(written) if self.trims_zeros and written[-1] == "0" else written


@lru_cache(maxsize=4096)
def midnight(day: date, timezone_name: str) -> float:
    """When the day begins in the zone, in seconds since 1970."""
    return datetime.combine(day, time(), ZoneInfo(timezone_name)).timestamp()


@lru_cache(maxsize=4096)
def hours_of(day: date, timezone_name: str) -> int:
    """How many hours the day has in the zone: 24, or 23 and 25 when the clocks change."""
    seconds = midnight(day + timedelta(days=1), timezone_name) - midnight(day, timezone_name)
    return round(seconds / 3600)


def trimmed(written: str) -> str:
    """`5339.50` as Meta writes it: `5339.5`."""
    return written.rstrip("0").rstrip(".") if "." in written else written


def altered(records: Sequence[Record], alter: Alter | None) -> Sequence[Record]:
    """The campaigns' records changed by `alter`, without those of which nothing is left."""
    if alter is None:
        return records
    return [changed for changed in map(alter, records) if changed is not None]
