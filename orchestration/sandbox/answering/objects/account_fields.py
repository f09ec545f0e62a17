"""The fields of an ad account; its money is in minor units, as text."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from orchestration.sandbox.answering.absent_fields import ABSENT
from orchestration.sandbox.answering.objects.entity_fields import written
from orchestration.sandbox.answering.objects.field_lists import Wanted
from orchestration.sandbox.wire.envelope import invalid
from orchestration.sandbox.world.model import Account
from orchestration.sandbox.world.sums import summed

ACTIVE = 1


class SeenAccount(NamedTuple):
    """An account as it is at an instant."""

    account: Account
    now: datetime


def shown_account(seen: SeenAccount, wanted: Wanted) -> dict[str, Any]:
    """The account with the fields asked for; with both of its ids when none is asked for."""
    for name in wanted:
        if name not in _FIELDS and name not in ABSENT["account"]:
            raise invalid(f"Tried accessing nonexisting field ({name})")
    names = [*wanted, "id"] if wanted else ["account_id", "id"]
    return {name: _FIELDS[name](seen) for name in dict.fromkeys(names) if name in _FIELDS}


def _created(seen: SeenAccount) -> str:
    zone = ZoneInfo(seen.account.timezone_name)
    return written(datetime.combine(seen.account.created, time(9), zone))


def _utc_offset(seen: SeenAccount) -> float:
    offset = seen.now.astimezone(ZoneInfo(seen.account.timezone_name)).utcoffset()
    hours = (offset or timedelta()) / timedelta(hours=1)
    return int(hours) if hours.is_integer() else hours


def _age(seen: SeenAccount) -> float:
    return float((seen.account.today(seen.now) - seen.account.created).days)


def _amount_spent(seen: SeenAccount) -> str:
    """All spend of the finished days."""
    moment, source = seen.account.moment(seen.now), seen.account.source
    first, last = source.first_day(moment.today), source.last_day(moment.today)
    spent = summed(
        record.spend
        for offset in range((last - first).days + 1)
        for record in source.records(first + timedelta(days=offset), moment)
    )
    return str(int(Decimal(spent or 0).scaleb(seen.account.decimals)))


_FIELDS: Mapping[str, Callable[[SeenAccount], Any]] = {
    "account_id": lambda seen: seen.account.id,
    "id": lambda seen: f"act_{seen.account.id}",
    "name": lambda seen: seen.account.name,
    "currency": lambda seen: seen.account.currency,
    "timezone_name": lambda seen: seen.account.timezone_name,
    "timezone_id": lambda seen: seen.account.timezone_id,
    "timezone_offset_hours_utc": _utc_offset,
    "account_status": lambda _seen: ACTIVE,
    "age": _age,
    "amount_spent": _amount_spent,
    "balance": lambda _seen: "0",
    "business_name": lambda seen: seen.account.name,
    "business": lambda seen: {"id": f"99{seen.account.id}", "name": seen.account.name},
    "owner": lambda seen: f"99{seen.account.id}",
    "created_time": _created,
    "disable_reason": lambda _seen: 0,
    "end_advertiser_name": lambda seen: seen.account.name,
    "is_personal": lambda _seen: 0,
    "is_prepay_account": lambda _seen: False,
    "min_campaign_group_spend_cap": lambda seen: str(10 ** (seen.account.decimals + 2)),
    "min_daily_budget": lambda seen: 10**seen.account.decimals,
    "spend_cap": lambda _seen: "0",
}
