"""Checks a fault written in JSON or YAML, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from orchestration.sandbox.faults.data.vanish import FAMILIES, WHAT
from orchestration.sandbox.faults.kinds import (
    DATA_FIELDS,
    DATA_KINDS,
    MATCHING,
    SERVICE_KINDS,
    kinds,
    takes,
)
from orchestration.sandbox.faults.service.kind import Extent
from orchestration.sandbox.world.model import LEVELS

_SHARES = {"probability", "share", "rate"}
_FRACTIONS = {"seconds", "for_seconds", "minutes", *_SHARES}
_COUNTS = {"nth", "after", "times", "seed", "percent", "rows", "days", "campaigns"}
_NAMES = {
    "level": LEVELS,
    "scope": ("account", "app", "business"),
    "case": ("ads_insights", "ads_management", "custom_audience"),
    "what": WHAT,
    "family": FAMILIES,
}


class UnusableFaultError(ValueError):
    """A fault that cannot be set; the message says why."""


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a fault, each of its own type.

    Raises:
        UnusableFaultError: the kind, a field or a value is unknown.
    """
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in kinds():
        raise UnusableFaultError(f"kind {kind!r} is unknown")
    _refuse_others(kind, body, ("kind", "id", *MATCHING, *takes(kind)))
    values = {name: _converted(name, value) for name, value in body.items() if value is not None}
    own = {f.name for f in fields(Extent)}
    extent = Extent(**{name: values.pop(name) for name in list(values) if name in own})
    if kind in DATA_KINDS:
        _check_data(kind, values.get("level"), extent)
    missing = SERVICE_KINDS[kind].needs if kind in SERVICE_KINDS else ()
    if set(missing) - set(values):
        raise UnusableFaultError(f"{kind} needs {', '.join(missing)}")
    return {**values, "extent": extent}


def _check_data(kind: str, level: str | None, extent: Extent) -> None:
    """Refuse a fault in the data that could never meet a row, or whose fields contradict."""
    levels = DATA_KINDS[kind].levels_at(extent)
    if level is not None and level not in levels:
        raise UnusableFaultError(f"{kind} works at level {' or '.join(levels)} only")
    try:
        DATA_KINDS[kind].check(extent)
    except ValueError as error:
        raise UnusableFaultError(f"{kind}: {error}") from None


def _refuse_others(kind: str, body: Mapping[str, Any], allowed: Iterable[str]) -> None:
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise UnusableFaultError(
            f"{kind} has no field {', '.join(unknown)}; it takes {', '.join(allowed)}"
        )


def _converted(name: str, value: Any) -> Any:
    try:
        if name in DATA_FIELDS:
            return date.fromisoformat(value)
        if name in _FRACTIONS | _COUNTS:
            return _number(name, value)
    except (TypeError, ValueError):
        raise UnusableFaultError(f"{name} cannot be {value!r}") from None
    if name == "headers":
        if isinstance(value, bool):
            return value
        raise UnusableFaultError(f"headers cannot be {value!r}")
    if not isinstance(value, str) or not _is_known(name, value):
        raise UnusableFaultError(f"{name} cannot be {value!r}")
    return value.removeprefix("act_") if name == "account" else value


def _is_known(name: str, value: str) -> bool:
    """Whether a field that accepts only some values accepts this one."""
    if name == "levels":
        return set(value.split(",")) <= set(LEVELS)
    return value in _NAMES.get(name, (value,))


def _number(name: str, value: Any) -> int | float:
    """A number from 0 on; only `_FRACTIONS` may have a fraction, and `_SHARES` end at 1."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if (whole or (isinstance(value, float) and name in _FRACTIONS)) and 0 <= value < float("inf"):
        if name in _SHARES and value > 1:
            raise ValueError(name)
        number: int | float = value
        return number
    raise ValueError(name)
