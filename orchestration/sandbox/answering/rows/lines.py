"""Which records make which rows of an insights answer, in order, reading no more than needed."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import ClassVar, NamedTuple

from orchestration.sandbox.answering.filters import Filters
from orchestration.sandbox.answering.rows.breakdowns import Cut, Keys
from orchestration.sandbox.faults.dial import alteration
from orchestration.sandbox.faults.fault import Fault
from orchestration.sandbox.wire.ranges import Bucket
from orchestration.sandbox.world.lifecycle import PUT_AWAY
from orchestration.sandbox.world.model import LEVELS, Account, AdObject, Moment, Record, hours_of
from orchestration.sandbox.world.sums import total

_WHOLE_DAY = 24
REMEMBERED_WALKS = 256


class Line(NamedTuple):
    """A row before it is rendered; `owner` is `None` for the account's own row."""

    bucket: Bucket
    owner: AdObject | None
    keys: Keys
    records: Sequence[Record]


class Query(NamedTuple):
    """What an insights call asks for; `scope` is the object asked about, `None` for the account."""

    account: Account
    moment: Moment
    level: str
    scope: AdObject | None
    filters: Filters
    faults: Sequence[Fault]
    cut: Cut | None
    periods: Sequence[Bucket]

    @property
    def grain(self) -> str:
        """The level of the records to read."""
        if self.cut is not None:
            return "ad"
        scope_level = self.scope.level if self.scope else "account"
        needed = max(self.level, scope_level, self.filters.grain, key=LEVELS.index)
        if needed == "account" and any(bucket.start != bucket.stop for bucket in self.periods):
            # The reach of several days is shared by campaign first.
            return "campaign"
        return needed


class Walk:
    """The lines of a query; remembers how many each period has, so that later pages skip them."""

    _known: ClassVar[OrderedDict[Hashable, list[int]]] = OrderedDict()

    def __init__(self, query: Query, key: Hashable) -> None:
        self._query = query
        self._grain = query.grain
        self._allowed = _allowed(query, self._grain)
        self._ends = [] if query.faults else self._remembered(key)

    def lines(self, start: int, count: int) -> list[Line]:
        """`count` lines from the line at `start` on."""
        skipped = bisect_right(self._ends, start)
        before = self._ends[skipped - 1] if skipped else 0
        return list(islice(self._from(skipped), start - before, start - before + count))

    def all(self) -> Iterator[Line]:
        """Every line."""
        return self._from(0)

    def _remembered(self, key: Hashable) -> list[int]:
        """The line after the last one of each period walked so far."""
        ends = self._known.setdefault(key, [])
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED_WALKS:
            self._known.popitem(last=False)
        return ends

    def _from(self, period: int) -> Iterator[Line]:
        for place in range(period, len(self._query.periods)):
            lines = self._lines(self._query.periods[place])
            if place == len(self._ends):
                self._ends.append((self._ends[-1] if self._ends else 0) + len(lines))
            yield from lines

    def _lines(self, bucket: Bucket) -> list[Line]:
        query = self._query
        first = query.account.source.first_day(query.moment.today)
        days = Bucket(max(bucket.start, first), min(bucket.stop, query.moment.today)).days()
        by_line: dict[tuple[int, int], list[Record]] = {}
        for day in days:
            for place, record in self._pieces(day):
                owner = record.owner.at(query.level)
                key = (owner.ordinal if owner else 0, place)
                by_line.setdefault(key, []).append(record)
        lines = [self._line(bucket, key[1], by_line[key]) for key in sorted(by_line)]
        if query.filters.rows:
            lines = [line for line in lines if _passes(query.filters, line)]
        copies = max((f.data.copies for f in query.faults if f.covers(*bucket)), default=1)
        return [line for line in lines for _ in range(copies)]

    def _line(self, bucket: Bucket, place: int, records: Sequence[Record]) -> Line:
        query = self._query
        keys = query.cut.keys[place] if query.cut else ()
        return Line(bucket, records[0].owner.at(query.level), keys, records)

    def _pieces(self, day: date) -> Iterator[tuple[int, Record]]:
        """The records of a day, each with the place of its part in the keys of the breakdowns."""
        query = self._query
        records = self._records(day)
        if query.cut is None:
            for record in records:
                yield 0, record
        elif query.cut.keys:
            today, elapsed = query.moment
            hours = _WHOLE_DAY
            if day == today:
                hours = int(elapsed * hours_of(today, query.account.timezone_name))
            for record in records:
                yield from query.cut.parts(record, hours)

    def _records(self, day: date) -> Sequence[Record]:
        query = self._query
        faults = [fault for fault in query.faults if fault.covers(day, day)]
        read = day
        for fault in faults:
            if fault.data.repeats_first_day:
                read = fault.since or query.periods[0].start
        records = query.account.source.records(
            read, query.moment, self._grain, alteration(faults, read, query.moment.today)
        )
        for fault in faults:
            records = fault.data.records(records)
            if query.scope is None:
                records = [r for r in records if fault.data.keeps(r.owner, query.moment.today)]
        if self._allowed is not None:
            return [record for record in records if record.owner.id in self._allowed]
        return records


def _passes(filters: Filters, line: Line) -> bool:
    whole = total(line.records)
    return all(test(whole) for test in filters.rows)


def _allowed(query: Query, grain: str) -> Collection[str] | None:
    """The ids of the objects whose records count; `None` for all."""
    if grain == "account" or (
        query.level == "account" and query.scope is None and not query.filters.objects
    ):
        return None
    account, scope, today = query.account, query.scope, query.moment.today
    states = account.source.states(today)
    hidden: Collection[str] = PUT_AWAY
    if query.filters.names_states or query.level == "account":
        hidden = ()
    if scope is not None and states[scope.id].effective_status in hidden:
        hidden = ()
    allowed = set()
    for each in account.objects[grain]:
        owner = each.at(query.level)
        if (
            each.id in states
            and (scope is None or each.at(scope.level) is scope)
            and (owner is None or states[owner.id].effective_status not in hidden)
            and query.filters.passes(account, each, today)
        ):
            allowed.add(each.id)
    return allowed
