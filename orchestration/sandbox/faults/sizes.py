"""Queries that are too heavy: for a page, for a range of days, for an answer at once, for any."""

from starlette.responses import HTMLResponse, Response

from orchestration.sandbox.faults.service_kinds import (
    Extent,
    Honest,
    ServiceKind,
    reads_insights,
    reads_insights_at_once,
)
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError
from orchestration.sandbox.wire.ranges import buckets

DATA_LIMIT = "data_limit"
DATA_LIMIT_SUBCODE = 1487534
DATA_LIMIT_TEXT = "Please reduce the number of data points of your query, or its date range"


def _a_page_too_large(call: Call, extent: Extent) -> bool:
    return reads_insights_at_once(call, extent) and call.limit > (extent.rows or 0)


def _too_many_rows(call: Call, extent: Extent) -> bool:
    return extent.rows is None or (reads_insights(call, extent) and call.limit > extent.rows)


def _too_many_days(call: Call, extent: Extent) -> bool:
    if not reads_insights_at_once(call, extent) or call.today is None:
        return False
    try:
        periods = buckets(call, call.today)
    except GraphError:
        # What cannot be read is refused by the honest answer.
        return False
    return sum((period.stop - period.start).days + 1 for period in periods) > extent.days


def too_many_campaigns(call: Call, extent: Extent) -> bool:
    """Whether the call names more campaigns than allowed, or none; an object is one by itself."""
    if not call.nodes[0].startswith("act_"):
        return False
    named = [
        len(entry["value"])
        for entry in call.json("filtering", list) or []
        if isinstance(entry, dict) and entry.get("field") == "campaign.id"
    ]
    return not named or min(named) > extent.campaigns


def _heavy_at_once(call: Call, extent: Extent) -> bool:
    return reads_insights_at_once(call, extent) and too_many_campaigns(call, extent)


async def _reduce(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise GraphError(
        "Please reduce the amount of data you're asking for, then retry your request",
        code=1,
        status=500,
    )


async def _unknown(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise GraphError("An unknown error occurred", code=1, subcode=99, status=500, transient=False)


async def _gateway(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    return HTMLResponse("<html><body><h1>504 Gateway Timeout</h1></body></html>", 504)


async def _timeout(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise GraphError("Request timed out", code=2, subcode=1504038)


async def _timeout_100(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise GraphError("Unsupported request: timed out", code=100, subcode=1504018)


async def _data_limit(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise GraphError(DATA_LIMIT_TEXT, code=100, subcode=DATA_LIMIT_SUBCODE)


SIZE_KINDS: dict[str, ServiceKind] = {
    "reduce_data": ServiceKind(
        "size",
        "HTTP 500, code 1: reduce the amount of data; with `rows` only for larger pages",
        _reduce,
        ("rows",),
        _too_many_rows,
    ),
    "too_many_days": ServiceKind(
        "size",
        "HTTP 500, code 1: reduce the amount of data, for ranges of more than `days` (default 1)",
        _reduce,
        ("days",),
        _too_many_days,
    ),
    "unknown_above_rows": ServiceKind(
        "size",
        "HTTP 500, code 1 subcode 99, an unknown error, for pages of more than `rows` (default 0)",
        _unknown,
        ("rows",),
        _a_page_too_large,
    ),
    "unknown_above_days": ServiceKind(
        "size",
        "HTTP 500, code 1 subcode 99, an unknown error, for more than `days` (default 1)",
        _unknown,
        ("days",),
        _too_many_days,
    ),
    "gateway_above_rows": ServiceKind(
        "size",
        "HTTP 504 with an HTML page for pages of more than `rows` (default 0)",
        _gateway,
        ("rows",),
        _a_page_too_large,
    ),
    "gateway_above_days": ServiceKind(
        "size",
        "HTTP 504 with an HTML page for more than `days` (default 1)",
        _gateway,
        ("days",),
        _too_many_days,
    ),
    "sync_too_heavy": ServiceKind(
        "size",
        "code 2 subcode 1504038 for rows asked for at once; report runs work",
        _timeout,
        (),
        reads_insights_at_once,
    ),
    "timeout_100": ServiceKind(
        "size",
        "code 100 subcode 1504018 for rows asked for at once; report runs work",
        _timeout_100,
        (),
        reads_insights_at_once,
    ),
    DATA_LIMIT: ServiceKind(
        "size",
        "code 100 subcode 1487534, report runs too, unless a filter names at most `campaigns` "
        "(default 1)",
        _data_limit,
        ("campaigns",),
        _heavy_at_once,
    ),
}
