"""The nodes and edges beside insights: the token's user, accounts and their campaigns."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.sandbox.call import Call
from orchestration.sandbox.graph import invalid
from orchestration.sandbox.insights import filtered_ids
from orchestration.sandbox.model import Account, Campaign, summed

ME = {"name": "Sandbox System User", "id": "122100000000000001"}
ACTIVE = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as it is at an instant."""

    account: Account
    now: datetime


@dataclass(frozen=True, slots=True)
class SeenCampaign:
    """A campaign as it is at an instant."""

    campaign: Campaign
    seen: Seen


def account_node(call: Call, seen: Seen) -> dict[str, Any]:
    """One account with the fields asked for."""
    return _chosen(_ACCOUNT_FIELDS, call.names("fields"), ("account_id", "id"), seen)


def accounts_page(call: Call, accounts: Collection[Account], now: datetime) -> dict[str, Any]:
    """A page of the accounts that the token sees: all of them."""
    chosen = list(accounts)[call.start : call.start + call.limit + 1]
    page = call.page([account_node(call, Seen(account, now)) for account in chosen])
    return _with_count(call, page, len(accounts))


def campaigns_page(call: Call, seen: Seen) -> dict[str, Any]:
    """A page of the account's campaigns, also of those that are paused or archived."""
    kept = filtered_ids(call, seen.account, seen.account.today(seen.now))
    campaigns = [c for c in seen.account.campaigns if kept is None or c.id in kept]
    names = call.names("fields")
    rows = [
        _chosen(_CAMPAIGN_FIELDS, [*names, "id"], ("id",), SeenCampaign(campaign, seen))
        for campaign in campaigns[call.start : call.start + call.limit + 1]
    ]
    return _with_count(call, call.page(rows), len(campaigns))


def _with_count(call: Call, page: dict[str, Any], count: int) -> dict[str, Any]:
    if call.params.get("summary") == "true":
        return {**page, "summary": {"total_count": count}}
    return page


def _chosen(
    known: Mapping[str, Callable[[Any], Any]],
    names: Sequence[str],
    default: Sequence[str],
    subject: Any,
) -> dict[str, Any]:
    for name in names:
        if name not in known:
            raise invalid(f"Tried accessing nonexisting field ({name})")
    return {name: known[name](subject) for name in dict.fromkeys(names or default)}


def _instant(day: date, timezone_name: str) -> str:
    """Nine o'clock in the account's time zone, the offset written without a colon."""
    return f"{datetime.combine(day, time(9), ZoneInfo(timezone_name)):%Y-%m-%dT%H:%M:%S%z}"


def _utc_offset(seen: Seen) -> float:
    offset = seen.now.astimezone(ZoneInfo(seen.account.timezone_name)).utcoffset()
    hours = (offset or timedelta()) / timedelta(hours=1)
    return int(hours) if hours.is_integer() else hours


def _amount_spent(seen: Seen) -> str:
    """All spend so far in minor units, as account money is given."""
    today = seen.account.today(seen.now)
    first = seen.account.source.first_day(today)
    last = seen.account.source.last_day(today)
    spent = summed(
        record.spend
        for offset in range((last - first).days + 1)
        for record in seen.account.source.records(first + timedelta(days=offset), today)
    )
    return str(int(Decimal(spent or 0).scaleb(seen.account.decimals)))


_ACCOUNT_FIELDS: dict[str, Callable[[Seen], Any]] = {
    "account_id": lambda seen: seen.account.id,
    "id": lambda seen: f"act_{seen.account.id}",
    "name": lambda seen: seen.account.name,
    "currency": lambda seen: seen.account.currency,
    "timezone_name": lambda seen: seen.account.timezone_name,
    "timezone_id": lambda seen: seen.account.timezone_id,
    "timezone_offset_hours_utc": _utc_offset,
    "account_status": lambda _seen: ACTIVE,
    "amount_spent": _amount_spent,
    "balance": lambda _seen: "0",
    "created_time": lambda seen: _instant(seen.account.created, seen.account.timezone_name),
}


def _effective(subject: SeenCampaign) -> str:
    account = subject.seen.account
    return account.source.effective_status(subject.campaign, account.today(subject.seen.now))


def _created(subject: SeenCampaign) -> str:
    return _instant(subject.campaign.created, subject.seen.account.timezone_name)


_CAMPAIGN_FIELDS: dict[str, Callable[[SeenCampaign], Any]] = {
    "id": lambda subject: subject.campaign.id,
    "account_id": lambda subject: subject.seen.account.id,
    "name": lambda subject: subject.campaign.name,
    "status": _effective,
    "effective_status": _effective,
    "objective": lambda subject: subject.campaign.objective,
    "created_time": _created,
    "updated_time": _created,
}
