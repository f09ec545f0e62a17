"""The days of the demo accounts at every level, kept in a memory that all accounts share."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from orchestration.sandbox.world.delivery import Plan, Stage, deliver
from orchestration.sandbox.world.lifecycle import State, effective
from orchestration.sandbox.world.model import AdObject, Alter, Moment, Record, altered, hours_of
from orchestration.sandbox.world.restatement import FINAL_AGE
from orchestration.sandbox.world.splitting import among
from orchestration.sandbox.world.sums import total

HISTORY_MONTHS = 14
MEMORY_RECORDS = 120_000
"""Records kept in memory; about 1.2 kB each."""

_STATE_DAYS = 8
_WHOLE = 1

Key = tuple[str, str, date, int, Fraction | int]


class Memory:
    """The records of days at their ages; those used longest ago are dropped first."""

    def __init__(self, bound: int = MEMORY_RECORDS) -> None:
        self._bound = bound
        self._held = 0
        self._days: OrderedDict[Key, tuple[Record, ...]] = OrderedDict()

    def get(self, key: Key) -> tuple[Record, ...] | None:
        """The records at a key; `None` when they are not in memory."""
        records = self._days.get(key)
        if records is not None:
            self._days.move_to_end(key)
        return records

    def put(self, key: Key, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Keep the records, and drop old ones beyond the bound; returns the records."""
        self._days[key] = records
        # A day without records takes a place too.
        self._held += len(records) + 1
        while self._held > self._bound and len(self._days) > 1:
            self._held -= len(self._days.popitem(last=False)[1]) + 1
        return records


class SeededDays:
    """The days of one demo account, computed when they are asked for."""

    def __init__(
        self,
        *,
        account_id: str,
        timezone_name: str,
        plans: Sequence[Plan],
        objects: Mapping[str, Sequence[AdObject]],
        decimals: int,
        memory: Memory,
    ) -> None:
        self._account_id = account_id
        self._timezone_name = timezone_name
        self._plans = plans
        self._objects = [each for level in objects.values() for each in level]
        self._children = _children(self._objects)
        self._exponent = Decimal(1).scaleb(-decimals)
        self._memory = memory
        self._states: OrderedDict[date, dict[str, State]] = OrderedDict()

    def first_day(self, today: date) -> date:
        """The first of the month, `HISTORY_MONTHS` before the month of `today`."""
        months = today.year * 12 + today.month - 1 - HISTORY_MONTHS
        return date(months // 12, months % 12 + 1, 1)

    def last_day(self, today: date) -> date:
        """The account's yesterday."""
        return today - timedelta(days=1)

    def records(
        self, day: date, as_of: Moment, level: str = "campaign", alter: Alter | None = None
    ) -> Sequence[Record]:
        """What delivered on the day as it is known at the moment, in the order of the objects.

        Altered records are not kept in memory.
        """
        if not self.first_day(as_of.today) <= day <= as_of.today:
            return ()
        if alter is not None:
            return self._of_level(altered(self.records(day, as_of), alter), day, level)
        age = min((as_of.today - day).days, FINAL_AGE)
        key = (self._account_id, level, day, age, _WHOLE if age else as_of.elapsed)
        known = self._memory.get(key)
        if known is None:
            return self._memory.put(key, self._make_records(day, as_of, level))
        return known

    def states(self, today: date) -> Mapping[str, State]:
        """The objects created by the day, as they are on it."""
        if today not in self._states:
            self._states[today] = _states(self._objects, today)
            if len(self._states) > _STATE_DAYS:
                self._states.popitem(last=False)
        return self._states[today]

    def _make_records(self, day: date, as_of: Moment, level: str) -> tuple[Record, ...]:
        if level == "campaign":
            return tuple(self._delivered(day, as_of))
        return self._of_level(self.records(day, as_of), day, level)

    def _of_level(self, campaigns: Sequence[Record], day: date, level: str) -> tuple[Record, ...]:
        """The records of a level, made of those of the campaigns."""
        if level == "campaign":
            return tuple(campaigns)
        if level == "account":
            return (total(campaigns),) if campaigns else ()
        # Ad sets that are computed for their ads only are not kept: the memory is for the ads.
        wider = campaigns if level == "adset" else self._of_level(campaigns, day, "adset")
        return tuple(part for record in wider for part in self._parts(record, day))

    def _delivered(self, day: date, as_of: Moment) -> Iterator[Record]:
        age = min((as_of.today - day).days, FINAL_AGE)
        elapsed = _WHOLE if age else as_of.elapsed
        stage = Stage(age, elapsed, hours_of(day, self._timezone_name))
        for plan in self._plans:
            record = deliver(plan, day, stage, self._money)
            if record is not None:
                yield record

    def _parts(self, record: Record, day: date) -> Iterator[Record]:
        first, *others = self._children[record.owner.id]
        return among(record, [first, *(each for each in others if each.life.runs_on(day))])

    def _money(self, minor_units: int) -> Decimal:
        return minor_units * self._exponent


def _children(objects: Sequence[AdObject]) -> dict[str, list[AdObject]]:
    children: dict[str, list[AdObject]] = {}
    for each in objects:
        if each.parent is not None:
            children.setdefault(each.parent.id, []).append(each)
    return children


def _states(objects: Sequence[AdObject], today: date) -> dict[str, State]:
    """The states by id; parents come before their children."""
    states: dict[str, State] = {}
    for each in objects:
        life, parent = each.life, each.parent
        if today < life.created or (parent is not None and parent.id not in states):
            continue
        status = life.status(today)
        effective_status = status
        if parent is not None:
            effective_status = effective(status, states[parent.id].effective_status, parent.level)
        name = f"{each.name} | 2nd edition" if life.is_renamed(today) else each.name
        states[each.id] = State(name, status, effective_status, life.updated(today))
    return states
