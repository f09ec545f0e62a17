"""Faults of size: too much for a page, for a range of days, for an answer at once, or for any."""

from collections.abc import Callable

from orchestration.sandbox.faults.service.kind import (
    Apply,
    Extent,
    ServiceKind,
    html,
    reads_insights,
    reads_insights_at_once,
    refuse,
)
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError
from orchestration.sandbox.wire.ranges import buckets

DATA_LIMIT = "data_limit"
DATA_LIMIT_SUBCODE = 1487534
DATA_LIMIT_TEXT = "Please reduce the number of data points of your query, or its date range"

_REDUCE = refuse(
    "Please reduce the amount of data you're asking for, then retry your request",
    code=1,
    status=500,
)
_UNKNOWN = refuse("An unknown error occurred", code=1, subcode=99, status=500, transient=False)
_GATEWAY = html(504, "Gateway Timeout")


def _is_a_page_too_large(call: Call, extent: Extent) -> bool:
    return reads_insights_at_once(call, extent) and call.limit > (extent.rows or 0)


def _is_too_large(call: Call, extent: Extent) -> bool:
    return extent.rows is None or (reads_insights(call, extent) and call.limit > extent.rows)


def _has_too_many_days(call: Call, extent: Extent) -> bool:
    if not reads_insights_at_once(call, extent) or call.today is None:
        return False
    try:
        periods = buckets(call, call.today)
    except GraphError:
        # What cannot be read is refused by the true answer.
        return False
    return sum((period.stop - period.start).days + 1 for period in periods) > extent.days


def has_too_many_campaigns(call: Call, extent: Extent) -> bool:
    """Whether an account is asked for without a filter that names few enough campaigns."""
    if not call.nodes[0].startswith("act_"):
        return False
    named = [
        len(entry["value"])
        for entry in call.json("filtering", list) or []
        if isinstance(entry, dict) and entry.get("field") == "campaign.id"
    ]
    return not named or min(named) > extent.campaigns


def _is_too_heavy_at_once(call: Call, extent: Extent) -> bool:
    return reads_insights_at_once(call, extent) and has_too_many_campaigns(call, extent)


def _size(
    description: str, apply: Apply, concerns: Callable[[Call, Extent], bool], *takes: str
) -> ServiceKind:
    return ServiceKind(
        family="size", description=description, apply=apply, takes=takes, concerns=concerns
    )


SIZE_KINDS: dict[str, ServiceKind] = {
    "reduce_data": _size(
        "HTTP 500, code 1: reduce the amount of data; with `rows` only for larger pages",
        _REDUCE,
        _is_too_large,
        "rows",
    ),
    "too_many_days": _size(
        "HTTP 500, code 1: reduce the amount of data, for ranges of more than `days` (default 1)",
        _REDUCE,
        _has_too_many_days,
        "days",
    ),
    "unknown_above_rows": _size(
        "HTTP 500, code 1 subcode 99, an unknown error, for pages of more than `rows` (default 0)",
        _UNKNOWN,
        _is_a_page_too_large,
        "rows",
    ),
    "unknown_above_days": _size(
        "HTTP 500, code 1 subcode 99, an unknown error, for more than `days` (default 1)",
        _UNKNOWN,
        _has_too_many_days,
        "days",
    ),
    "gateway_above_rows": _size(
        "HTTP 504 with an HTML page for pages of more than `rows` (default 0)",
        _GATEWAY,
        _is_a_page_too_large,
        "rows",
    ),
    "gateway_above_days": _size(
        "HTTP 504 with an HTML page for more than `days` (default 1)",
        _GATEWAY,
        _has_too_many_days,
        "days",
    ),
    "sync_too_heavy": _size(
        "code 2 subcode 1504038 for rows asked for at once; report runs work",
        refuse("Request timed out", code=2, subcode=1504038),
        reads_insights_at_once,
    ),
    "timeout_100": _size(
        "code 100 subcode 1504018 for rows asked for at once; report runs work",
        refuse("Unsupported request: timed out", code=100, subcode=1504018),
        reads_insights_at_once,
    ),
    DATA_LIMIT: _size(
        "code 100 subcode 1487534, report runs too, unless a filter names at most `campaigns` "
        "(default 1)",
        refuse(DATA_LIMIT_TEXT, code=100, subcode=DATA_LIMIT_SUBCODE),
        _is_too_heavy_at_once,
        "campaigns",
    ),
}
