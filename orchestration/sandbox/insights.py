"""The insights edge: which campaign-days make which rows, and one page of them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from orchestration.sandbox.call import Call
from orchestration.sandbox.faults import Dial, Fault
from orchestration.sandbox.graph import invalid
from orchestration.sandbox.model import Account, Campaign, Record, total
from orchestration.sandbox.ranges import Bucket, buckets
from orchestration.sandbox.rows import Cell, checked_fields, checked_windows, render

LEVELS = ("account", "campaign")


class _Line(NamedTuple):
    """A row before it is written."""

    bucket: Bucket
    campaign: Campaign | None
    records: Sequence[Record]


class _Query(NamedTuple):
    account: Account
    today: date
    level: str
    campaign_ids: Collection[str] | None
    faults: Sequence[Fault]


def insights_page(call: Call, account: Account, now: datetime, dial: Dial) -> dict[str, Any]:
    """The page of rows that the call asks for."""
    today = account.today(now)
    level = call.params.get("level") or "account"
    if level not in LEVELS:
        raise invalid(f"level must be one of the following values: {', '.join(LEVELS)}")
    fields = checked_fields(call.names("fields"))
    windows = checked_windows(call.names("action_attribution_windows"))
    periods = buckets(call, today)
    faults = dial.data(call, level, periods)
    query = _Query(account, today, level, filtered_ids(call, account, today), faults)
    lines = islice(_lines(query, periods), call.start, call.start + call.limit + 1)
    return call.page([_row(query, line, fields, windows) for line in lines])


def filtered_ids(call: Call, account: Account, today: date) -> Collection[str] | None:
    """The campaigns that the filters let through; `None` when there is no filter."""
    filters = call.json("filtering", list) or []
    statuses = call.names("effective_status")
    if statuses:
        filters = [*filters, {"field": "campaign.effective_status", "value": statuses}]
    if not filters:
        return None
    kept = {campaign.id: campaign for campaign in account.campaigns}
    for entry in filters:
        name, values = _membership(entry)
        for campaign in list(kept.values()):
            status = account.source.effective_status(campaign, today)
            if (campaign.id if name == "id" else status) not in values:
                del kept[campaign.id]
    return kept


def _membership(entry: Any) -> tuple[str, set[str]]:
    """A filter as the property it looks at, `id` or `effective_status`, and the allowed values."""
    name = str(entry.get("field", "")) if isinstance(entry, dict) else ""
    prefix, _, name = name.rpartition(".")
    if prefix not in ("", "campaign") or name not in ("id", "effective_status"):
        raise invalid("Filtering is served for campaign.id and campaign.effective_status")
    if entry.get("operator", "IN") != "IN" or not isinstance(entry.get("value"), list):
        raise invalid("Filtering is served for the operator IN with an array of values")
    return name, {str(value) for value in entry["value"]}


def _records(query: _Query, day: date) -> Sequence[Record]:
    records: Sequence[Record] = query.account.source.records(day, query.today)
    for fault in query.faults:
        if fault.covers(day, day):
            records = fault.data.records(records)
    if query.campaign_ids is not None:
        records = [record for record in records if record.campaign.id in query.campaign_ids]
    return records


def _lines(query: _Query, periods: Sequence[Bucket]) -> Iterator[_Line]:
    """All rows in order: by period, then by the account's list of campaigns."""
    first = query.account.source.first_day(query.today)
    for bucket in periods:
        days = Bucket(max(bucket.start, first), min(bucket.stop, query.today)).days()
        records = [record for day in days for record in _records(query, day)]
        copies = max((f.data.copies for f in query.faults if f.covers(*bucket)), default=1)
        for line in _grouped(query.level, bucket, records):
            for _ in range(copies):
                yield line


def _grouped(level: str, bucket: Bucket, records: Sequence[Record]) -> Iterator[_Line]:
    """One line for the account, or one for each campaign with records."""
    if level == "account":
        if records:
            yield _Line(bucket, None, records)
        return
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(record.campaign.ordinal, []).append(record)
    for ordinal in sorted(found):
        yield _Line(bucket, found[ordinal][0].campaign, found[ordinal])


def _row(
    query: _Query, line: _Line, fields: Sequence[str], windows: tuple[str, ...]
) -> dict[str, Any]:
    row = render(
        Cell(query.account, line.bucket, line.campaign, total(line.records), windows), fields
    )
    for fault in query.faults:
        if fault.covers(*line.bucket):
            fault.data.spoil(row, query.account)
    return row
