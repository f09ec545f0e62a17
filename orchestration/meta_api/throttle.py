"""What the usage headers of an answer say about waiting."""

from collections.abc import Mapping
from typing import Any

import orjson

SECONDS_PER_MINUTE = 60.0
WAIT_WITHOUT_A_WORD_SECONDS = 60.0
"""A throttled call whose headers name no time waits this long."""
LONGEST_WAIT_SECONDS = 600.0
"""A longer pause is not sat out: the client fails for now and is owed."""


def wait_seconds(headers: Mapping[str, str]) -> float:
    """How long a throttled call should wait: Meta's own estimate where a header has one.

    `X-Business-Use-Case-Usage` counts minutes, `X-Ad-Account-Usage` seconds.
    """
    waits = [
        _number(entry.get("estimated_time_to_regain_access")) * SECONDS_PER_MINUTE
        for entries in _json(headers.get("X-Business-Use-Case-Usage")).values()
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    account = _json(headers.get("X-Ad-Account-Usage"))
    waits.append(_number(account.get("reset_time_duration")))
    return max(waits, default=0.0) or WAIT_WITHOUT_A_WORD_SECONDS


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
