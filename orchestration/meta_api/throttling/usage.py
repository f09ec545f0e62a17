"""Reads the usage headers of an answer: how near the limits are, and how long to wait.

There are four headers, any of which may be absent or unreadable. `X-App-Usage` and half of
`X-FB-Ads-Insights-Throttle` are about the app, the rest about the ad account.
`X-Business-Use-Case-Usage` counts minutes, `X-Ad-Account-Usage` seconds. The former lists every use
case of every business or account that the caller works with: only one of them concerns a call.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from orchestration.meta_api.errors import INSIGHTS

SECONDS_PER_MINUTE = 60.0
_COUNTERS = ("call_count", "total_time", "total_cputime")


@dataclass(frozen=True)
class Usage:
    """Used shares of the limits in percent, and the seconds until calls are allowed again.

    The seconds are 0 while calls are allowed.
    """

    app_percent: float = 0.0
    account_percent: float = 0.0
    regain_seconds: float = 0.0


def usage_of(headers: Mapping[str, str], account: str = "", use_case: str = INSIGHTS) -> Usage:
    """The usage in an answer's headers, as far as it concerns an account and a use case."""
    throttle = _json(headers.get("X-FB-Ads-Insights-Throttle"))
    of_account = _json(headers.get("X-Ad-Account-Usage"))
    business = _json(headers.get("X-Business-Use-Case-Usage"))
    own = business.get(account.removeprefix("act_"))
    # A header that does not name the account is about businesses; the account belongs to one.
    cases = list(_cases({"": own} if own is not None else business, use_case))
    minutes = _largest(case.get("estimated_time_to_regain_access") for case in cases)
    used_up = _number(of_account.get("acc_id_util_pct")) >= 100
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
                of_account.get("acc_id_util_pct"),
                *(case.get(name) for case in cases for name in _COUNTERS),
            ]
        ),
        regain_seconds=max(
            minutes * SECONDS_PER_MINUTE,
            # The time until the counter is reset is a wait only once the limit is reached.
            _number(of_account.get("reset_time_duration")) if used_up else 0.0,
        ),
    )


def access_tier(headers: Mapping[str, str]) -> str:
    """The tier of access to the Insights API that an answer's headers name; empty for none."""
    business = _json(headers.get("X-Business-Use-Case-Usage"))
    of_account = _json(headers.get("X-Ad-Account-Usage"))
    throttle = _json(headers.get("X-FB-Ads-Insights-Throttle"))
    for part in (*_cases(business, INSIGHTS), of_account, throttle):
        if isinstance(tier := part.get("ads_api_access_tier"), str) and tier:
            return tier
    return ""


def _cases(header: dict[str, Any], use_case: str) -> Iterable[dict[str, Any]]:
    for entries in header.values():
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and entry.get("type", use_case) == use_case:
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
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(0.0, number) if isfinite(number) else 0.0
