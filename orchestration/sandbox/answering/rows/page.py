"""One page of the insights edge, with the summary over all pages if it is asked for."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from orchestration.sandbox.answering.filters import filters
from orchestration.sandbox.answering.rows.breakdowns import checked_breakdowns
from orchestration.sandbox.answering.rows.fields import Cell, Row, Windows
from orchestration.sandbox.answering.rows.lines import Line, Query, Walk
from orchestration.sandbox.answering.rows.render import (
    check_action_breakdowns,
    checked_fields,
    checked_windows,
    render,
)
from orchestration.sandbox.answering.rows.written_rows import WrittenRows
from orchestration.sandbox.answering.scope import Scope
from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import invalid, missing_object
from orchestration.sandbox.wire.ranges import Bucket, buckets
from orchestration.sandbox.world.model import LEVELS
from orchestration.sandbox.world.sums import total

_SUMMED = (
    "spend",
    "impressions",
    "clicks",
    "inline_link_clicks",
    "reach",
    "frequency",
    "cpm",
    "cpc",
    "ctr",
    "actions",
    "action_values",
)
_WRITTEN = WrittenRows()
# None of these changes which rows there are, or how many.
_SAME_LINES = ("limit", "after", "fields", "access_token", "action_attribution_windows")


def insights_page(call: Call, scope: Scope, now: datetime, dial: Dial) -> dict[str, Any]:
    """The page of rows that the call asks for."""
    fields = checked_fields(call.names("fields"))
    windows = checked_windows(call.names("action_attribution_windows"))
    check_action_breakdowns(call.names("action_breakdowns"))
    query = _query(call, scope, now, dial)
    walk = Walk(query, _key(call, scope, query))
    order = next((name for name in call.names("sort") if name.startswith("spend_")), "")
    if order in ("spend_descending", "spend_ascending"):
        lines = sorted(walk.all(), key=_spend, reverse=order == "spend_descending")
        lines = lines[call.start : call.start + call.limit + 1]
    else:
        lines = walk.lines(call.start, call.limit + 1)
    page = call.page(_rows(query, lines, fields, windows))
    totals = _totals(call, fields)
    if totals:
        page["summary"] = _summary(query, walk, totals, windows)
    return page


def _rows(
    query: Query, lines: Sequence[Line], fields: Sequence[str], windows: Windows
) -> Sequence[Row | orjson.Fragment]:
    """The rows of the lines; kept as JSON where a line has all that its object did in the time."""
    if query.faults or query.cut is not None or query.grain != query.level:
        return [_row(query, line, fields, windows) for line in lines]
    written = _WRITTEN.of((query.account.source, query.moment, query.level, *fields, windows))
    return [
        written(
            (line.bucket, line.owner.ordinal if line.owner else 0),
            partial(_row, query, line, fields, windows),
        )
        for line in lines
    ]


def _query(call: Call, scope: Scope, now: datetime, dial: Dial) -> Query:
    account, moment = scope.account, scope.account.moment(now)
    level = call.params.get("level") or scope.level
    if level not in LEVELS:
        raise invalid(f"level must be one of the following values: {', '.join(LEVELS)}")
    level = max(level, scope.level, key=LEVELS.index)
    within = scope.each
    if within is not None and within.id not in account.source.states(moment.today):
        raise missing_object(scope.object_id)
    periods = buckets(call, moment.today)
    return Query(
        account=account,
        moment=moment,
        level=level,
        scope=within,
        filters=filters(call, level, rows=True),
        faults=dial.data(call, level, periods),
        cut=checked_breakdowns(call.names("breakdowns"), account),
        periods=periods,
    )


def _key(call: Call, scope: Scope, query: Query) -> Hashable:
    """What the number of lines in each period depends on."""
    asked = frozenset(item for item in call.params.items() if item[0] not in _SAME_LINES)
    return query.account.source, query.moment, scope.object_id, query.level, asked


def _spend(line: Line) -> Any:
    return total(line.records).spend or 0


def _row(query: Query, line: Line, fields: Sequence[str], windows: Windows) -> Row:
    cell = Cell(
        account=query.account,
        moment=query.moment,
        bucket=line.bucket,
        owner=line.owner,
        total=total(line.records),
        windows=windows,
    )
    row = render(cell, fields)
    row.update(line.keys)
    for fault in query.faults:
        if fault.covers(*line.bucket):
            fault.data.spoil(row, query.account)
    return row


def _totals(call: Call, fields: Sequence[str]) -> tuple[str, ...]:
    """The fields that the summary holds; none when no summary is asked for."""
    written = call.params.get("summary", "").strip()
    if written in ("", "true", "false"):
        default = call.params.get("default_summary") == "true" or written == "true"
        return tuple(name for name in fields if name in _SUMMED) if default else ()
    # Some callers write the names in brackets without quotes.
    bare = (name.strip(' "') for name in written.strip("[]").split(","))
    return checked_fields([name for name in bare if name])


def _summary(query: Query, walk: Walk, names: Sequence[str], windows: Windows) -> Row:
    """The totals over the whole result, with the first and the last day asked for."""
    starts, stops = zip(*query.periods, strict=True)
    whole = Bucket(min(starts), max(stops))
    records = [record for line in walk.all() for record in line.records]
    if not records:
        return {"date_start": whole.start.isoformat(), "date_stop": whole.stop.isoformat()}
    cell = Cell(
        account=query.account,
        moment=query.moment,
        bucket=whole,
        owner=None,
        total=total(records),
        windows=windows,
    )
    return render(cell, names)
