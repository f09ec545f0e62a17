"""What the usage headers of an answer say: how near the limits are, and how long to wait.

Four headers, any of which may be absent or unreadable. `X-App-Usage` and half of
`X-FB-Ads-Insights-Throttle` are about the app, the rest about the ad account. Minutes in
`X-Business-Use-Case-Usage`, seconds in `X-Ad-Account-Usage`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

SECONDS_PER_MINUTE = 60.0
_COUNTERS = ("call_count", "total_time", "total_cputime")


@dataclass(frozen=True)
class Usage:
    """Shares of the limits in percent, and the seconds until access is regained (0 if not lost)."""

    app_percent: float = 0.0
    account_percent: float = 0.0
    regain_seconds: float = 0.0


def usage_of(headers: Mapping[str, str]) -> Usage:
    """The usage that an answer's headers tell."""
    throttle = _json(headers.get("X-FB-Ads-Insights-Throttle"))
    account = _json(headers.get("X-Ad-Account-Usage"))
    cases = list(_cases(_json(headers.get("X-Business-Use-Case-Usage"))))
    minutes = _largest(case.get("estimated_time_to_regain_access") for case in cases)
    used_up = _number(account.get("acc_id_util_pct")) >= 100
    return Usage(
        app_percent=_largest(
            [
                throttle.get("app_id_util_pct"),
                *(_json(headers.get("X-App-Usage")).get(name) for name in _COUNTERS),
            ]
        ),
        account_percent=_largest(
            [
                throttle.get("acc_id_util_pct"),
                account.get("acc_id_util_pct"),
                *(case.get(name) for case in cases for name in _COUNTERS),
            ]
        ),
        regain_seconds=max(
            minutes * SECONDS_PER_MINUTE,
            # The time until the counter starts anew is a wait only once it is full.
            _number(account.get("reset_time_duration")) if used_up else 0.0,
        ),
    )


def _cases(header: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for entries in header.values():
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                yield entry


def _largest(values: Iterable[Any]) -> float:
    return max((_number(value) for value in values), default=0.0)


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return 0.0
