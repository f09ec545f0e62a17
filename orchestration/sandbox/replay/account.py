"""Serves a recorded daily export as one ad account, with exactly its days and its digits.

Numbers are kept as `Decimal`, with every digit of the file; an empty or NULL cell is a metric that
the row does not have. Rows of ad sets or ads are added up to their campaigns. Nothing is filled in:
what the file lacks, the API lacks, also attribution windows, which a daily export does not have.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.errors import UsageError
from orchestration.exports.export import Export, Named, Row
from orchestration.exports.reader import Reading, read_export
from orchestration.exports.results import actions_of
from orchestration.sandbox.world.adverts import only_child
from orchestration.sandbox.world.lifecycle import Life, State
from orchestration.sandbox.world.model import (
    WINDOWS,
    ZERO_DECIMAL,
    Account,
    AdObject,
    Alter,
    Amounts,
    Conversion,
    Moment,
    Number,
    Record,
    altered,
)
from orchestration.sandbox.world.sums import total

CAMPAIGN_NAME = "Replayed"
_METRICS = ("spend", "impressions", "clicks", "link_clicks", "reach")


@dataclass(frozen=True, slots=True)
class ReplayAccount:
    """The account of a file, with its first and its last day."""

    account: Account
    first_day: date
    last_day: date

    @property
    def suggested_now(self) -> datetime:
        """Noon, in the account's zone, after the last day: all days of the file are over then."""
        noon = datetime.combine(
            self.last_day + timedelta(days=1), time(12), ZoneInfo(self.account.timezone_name)
        )
        return noon.astimezone(UTC)


class RecordedDays:
    """The days of a file; those after the account's today are not served yet."""

    def __init__(
        self,
        days: Mapping[date, Sequence[Record]],
        objects: Mapping[str, tuple[AdObject, ...]],
    ) -> None:
        self._days = days
        self._objects = objects
        self._first, self._last = min(days), max(days)
        self._states = {
            each.id: State(each.name, "ACTIVE", "ACTIVE", each.life.created)
            for level in objects.values()
            for each in level
        }

    def first_day(self, today: date) -> date:
        """The first day of the file."""
        del today
        return self._first

    def last_day(self, today: date) -> date:
        """The last day of the file that is over."""
        return min(self._last, today - timedelta(days=1))

    def records(
        self, day: date, as_of: Moment, level: str = "campaign", alter: Alter | None = None
    ) -> Sequence[Record]:
        """The rows of the file for the day: an ad set and an ad have their campaign's numbers."""
        records = altered(self._days.get(day, ()) if day <= as_of.today else (), alter)
        if level == "account":
            return (total(records),) if records else ()
        if level == "campaign":
            return records
        owners = self._objects[level]
        return [record._replace(owner=owners[record.owner.ordinal]) for record in records]

    def states(self, today: date) -> Mapping[str, State]:
        """All objects as active: a file does not have their states."""
        del today
        return self._states


def load_replay(
    path: Path,
    how: Reading | None = None,
    *,
    account_id: str | None = None,
    timezone_name: str = "UTC",
) -> ReplayAccount:
    """Read a daily export.

    The account id is taken from a column of digits, else it is 1; where neither the file nor `how`
    names a currency, it is USD.

    Raises:
        UsageError: the file cannot be served as it is; names the line and the column.
    """
    export = read_export(path, how)
    if not export.rows:
        raise UsageError(f"{path} has no rows.")
    rows = export.rows_of("account" if export.level == "account" else "campaign")
    campaigns = _campaigns(rows)
    days: defaultdict[date, list[Record]] = defaultdict(list)
    for row in rows:
        days[row.day].append(_record(export, row, campaigns[_campaign(row).key]))
    number = _digits(account_id) if account_id else _account_id(export)
    objects = _objects(number, tuple(campaigns.values()))
    currency = export.currency or "USD"
    account = Account(
        id=number,
        name=path.stem,
        currency=currency,
        timezone_name=_checked_zone(timezone_name),
        timezone_id=0,
        created=min(days),
        objects=objects,
        source=RecordedDays(dict(days), objects),
        decimals=0 if currency in ZERO_DECIMAL else 2,
        trims_zeros=False,
    )
    return ReplayAccount(account, min(days), max(days))


def _account_id(export: Export) -> str:
    return export.account_id if export.account_id.isdigit() else "1"


def _digits(account_id: str) -> str:
    number = account_id.removeprefix("act_")
    if not number.isdigit():
        raise UsageError(f"The account id {account_id!r} is not act_ and digits.")
    return number


def _checked_zone(timezone_name: str) -> str:
    try:
        ZoneInfo(timezone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"{timezone_name!r} is not a time zone such as Europe/Berlin.") from None
    return timezone_name


def _campaign(row: Row) -> Named:
    return row.objects.get("campaign", Named("", CAMPAIGN_NAME))


def _objects(account_id: str, campaigns: tuple[AdObject, ...]) -> dict[str, tuple[AdObject, ...]]:
    """Every campaign with one ad set, and that with one ad."""
    adsets = tuple(only_child(account_id, campaign, "adset") for campaign in campaigns)
    ads = tuple(only_child(account_id, adset, "ad") for adset in adsets)
    return {"campaign": campaigns, "adset": adsets, "ad": ads}


def _campaigns(rows: Sequence[Row]) -> dict[str, AdObject]:
    """The campaigns in the order of the file; without an id column they are numbered from 1."""
    campaigns: dict[str, AdObject] = {}
    for row in rows:
        campaign = _campaign(row)
        if campaign.key not in campaigns:
            campaigns[campaign.key] = AdObject(
                level="campaign",
                id=campaign.id or str(len(campaigns) + 1),
                name=campaign.name or CAMPAIGN_NAME,
                ordinal=len(campaigns),
                life=Life(created=row.day),
                objective="OUTCOME_SALES",
            )
    return campaigns


def _record(export: Export, row: Row, campaign: AdObject) -> Record:
    conversions = [
        Conversion(
            action.types,
            _unattributed(action.count),
            None if action.value is None else _unattributed(action.value),
        )
        for action in actions_of(row, export.columns)
    ]
    return Record(
        owner=campaign,
        conversions=tuple(conversions),
        **{name: row.metrics.get(name) for name in _METRICS},
    )


def _unattributed(number: Number) -> Amounts:
    """A number without any attribution window."""
    return (number, *(0 for _ in WINDOWS))
