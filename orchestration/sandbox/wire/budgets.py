"""Budgets of calls for each ad account and each app, which all callers together use up.

Usage headers say how much is used. A call beyond the budget gets Meta's error and the time until
the budget is whole again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from time import monotonic
from typing import Any

from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError
from orchestration.sandbox.wire.headers import Load

_ERRORS = {
    "account": (
        80004,
        "There have been too many calls to this ad-account. Wait a bit and try again.",
    ),
    "app": (4, "Application request limit reached"),
}
SCOPES = tuple(_ERRORS)


@dataclass(slots=True, kw_only=True)
class Budget:
    """So many calls in so many seconds for each key, from its first call on.

    `most` is the highest number of calls in such a time, `refused` how many were beyond.
    """

    calls: int
    seconds: float
    most: int = 0
    refused: int = 0
    spent: dict[str, tuple[float, int]] = field(default_factory=dict)

    def spend(self, key: str, now: float) -> tuple[int, float]:
        """Count one call; returns the used percent, and the seconds until none is used."""
        began, calls = self.spent.get(key, (now, 0))
        if now - began >= self.seconds:
            began, calls = now, 0
        self.spent[key] = (began, calls + 1)
        self.most = max(self.most, calls + 1)
        self.refused += calls >= self.calls
        return ceil(100 * (calls + 1) / self.calls), self.seconds - (now - began)


class Budgets:
    """The budgets that are set, by scope; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._budgets: dict[str, Budget] = {}
        self._clock = clock
        self._lock = Lock()

    def set(self, body: Mapping[str, Any]) -> None:
        """Set the budget of a scope anew.

        Raises:
            ValueError: the scope is unknown, or a number is not one above 0.
        """
        scope = body.get("scope")
        calls, seconds = body.get("calls", 0), body.get("seconds", 0)
        if scope not in SCOPES:
            raise ValueError(f"scope must be {' or '.join(SCOPES)}")
        if type(calls) is not int or type(seconds) not in (int, float) or min(calls, seconds) <= 0:
            raise ValueError("calls and seconds must be numbers above 0")
        with self._lock:
            self._budgets[scope] = Budget(calls=calls, seconds=seconds)

    def clear(self) -> None:
        """Take all budgets off."""
        with self._lock:
            self._budgets.clear()

    def shown(self) -> dict[str, dict[str, float]]:
        """What was spent, by scope; no token is among it."""
        names = ("calls", "seconds", "most", "refused")
        with self._lock:
            return {s: {n: getattr(b, n) for n in names} for s, b in self._budgets.items()}

    def charge(self, call: Call) -> Load:
        """Count a call; returns how much of the limits is used after it.

        Raises:
            GraphError: it is beyond a budget: code 80004 for the account, 4 for the app.
        """
        keys = {"account": call.account_id, "app": call.token}
        used: dict[str, int] = {}
        left = 0.0
        with self._lock:
            for scope, budget in self._budgets.items():
                if key := keys[scope]:
                    used[scope], seconds = budget.spend(key, self._clock())
                    left = max(left, seconds) if used[scope] >= 100 else left
        over = [scope for scope, percent in used.items() if percent > 100]
        case = "ads_management" if over == ["account"] else "ads_insights"
        shown = {scope: min(percent, 100) for scope, percent in used.items()}
        load = Load(minutes=ceil(left) / 60, case=case, **shown)
        if over:
            raise _refusal("app" if "app" in over else "account", load, call)
        return load


def _refusal(scope: str, load: Load, call: Call) -> GraphError:
    code, message = _ERRORS[scope]
    headers = load.headers(call.account_id or "0")
    return GraphError(f"(#{code}) {message}", code=code, headers=headers)
