"""The `filtering` and `effective_status` parameters: which objects and which rows are returned.

Deleted and archived objects are left out unless a filter names states.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from orchestration.sandbox.answering.entity_snapshot import EntitySnapshot
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, invalid
from orchestration.sandbox.world.model import LEVELS, Account, AdObject, Record

_ROW_METRICS = ("impressions", "spend")
_DELIVERY = {"ACTIVE": "active", "ARCHIVED": "archived", "DELETED": "deleted"}
"""The word of delivery_info for a state; for every other state it is inactive."""
_INSTANTS: dict[str, Callable[[EntitySnapshot], datetime]] = {
    "created_time": lambda snapshot: snapshot.created_at,
    "updated_time": lambda snapshot: snapshot.updated_at,
}


ObjectTest = Callable[[EntitySnapshot], bool]
RowTest = Callable[[Record], bool]


class Filters(NamedTuple):
    """The tests of objects, each with the level that it looks at, and those of rows."""

    objects: tuple[tuple[str, ObjectTest], ...]
    rows: tuple[RowTest, ...]
    names_states: bool

    @property
    def grain(self) -> str:
        """The narrowest level that an object is tested at."""
        return max((level for level, _ in self.objects), key=LEVELS.index, default="account")

    def passes(self, account: Account, each: AdObject, today: date) -> bool:
        """Whether the object and those it is part of pass all tests."""
        states = account.source.states(today)
        for level, test in self.objects:
            owner = each.at(level)
            if owner is None or owner.id not in states:
                return False
            if not test(EntitySnapshot(account, owner, today)):
                return False
        return True


def filters(call: Call, level: str, *, rows: bool) -> Filters:
    """The filters of a call; a field without a level belongs to the given one.

    Raises:
        GraphError: a filter looks at something unknown or compares it in an unknown way.
    """
    objects: list[tuple[str, ObjectTest]] = []
    row_tests: list[RowTest] = []
    names_states = False
    for entry in _entries(call):
        prefix, name, operator, value = entry
        if name in _ROW_METRICS and rows:
            row_tests.append(_row_test(name, operator, value))
            continue
        if prefix not in ("", "campaign", "adset", "ad"):
            raise _unusable(entry)
        names_states = names_states or name in ("effective_status", "delivery_info")
        objects.append((prefix or level, _object_test(entry)))
    return Filters(tuple(objects), tuple(row_tests), names_states)


class _Entry(NamedTuple):
    prefix: str
    name: str
    operator: str
    value: Any


def _entries(call: Call) -> list[_Entry]:
    entries = []
    for entry in call.json("filtering", list) or []:
        if not isinstance(entry, dict) or not isinstance(entry.get("field"), str):
            raise invalid("Param filtering must hold objects with field, operator and value")
        prefix, _, name = entry["field"].rpartition(".")
        entries.append(_Entry(prefix, name, str(entry.get("operator", "IN")), entry.get("value")))
    statuses = call.names("effective_status")
    return [*entries, _Entry("", "effective_status", "IN", statuses)] if statuses else entries


def _unusable(entry: _Entry) -> GraphError:
    field = f"{entry.prefix}.{entry.name}".removeprefix(".")
    return invalid(f"Filtering field {field} with operation {entry.operator} is not supported")


def _object_test(entry: _Entry) -> ObjectTest:
    if entry.name in ("id", "effective_status"):
        values = _values(entry)
        if entry.name == "id":
            return lambda snapshot: snapshot.each.id in values
        return lambda snapshot: snapshot.state.effective_status in values
    if entry.name == "delivery_info":
        words = _values(entry)
        return lambda snapshot: _DELIVERY.get(snapshot.state.effective_status, "inactive") in words
    if entry.name in _INSTANTS and entry.operator in ("GREATER_THAN", "LESS_THAN"):
        bound = float(_number(entry.value))
        sign = 1 if entry.operator == "GREATER_THAN" else -1
        instant = _INSTANTS[entry.name]
        return lambda snapshot: sign * instant(snapshot).timestamp() > sign * bound
    raise _unusable(entry)


def _values(entry: _Entry) -> frozenset[str]:
    if entry.operator == "EQUAL" and not isinstance(entry.value, list | dict):
        return frozenset((str(entry.value),))
    if entry.operator in ("IN", "EQUAL") and isinstance(entry.value, list):
        return frozenset(str(value) for value in entry.value)
    raise _unusable(entry)


def _row_test(name: str, operator: str, value: Any) -> RowTest:
    if operator != "GREATER_THAN":
        raise _unusable(_Entry("", name, operator, value))
    bound = _number(value)
    if name == "spend":
        return lambda total: (total.spend or 0) > bound
    return lambda total: (total.impressions or 0) > bound


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise invalid("Param filtering must compare with a number") from None
