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


class AccountSnapshot(NamedTuple):
    """An account as it is at an instant."""

    account: Account
    now: datetime


def shown_account(snapshot: AccountSnapshot, wanted: Wanted) -> dict[str, Any]:
    """The account with the fields asked for; with both of its ids when none is asked for."""
    for name in wanted:
        if name not in _FIELDS and name not in ABSENT["account"]:
            raise invalid(f"Tried accessing nonexisting field ({name})")
    names = [*wanted, "id"] if wanted else ["account_id", "id"]
    return {name: _FIELDS[name](snapshot) for name in dict.fromkeys(names) if name in _FIELDS}


def _created(snapshot: AccountSnapshot) -> str:
    zone = ZoneInfo(snapshot.account.timezone_name)
    return written(datetime.combine(snapshot.account.created, time(9), zone))


def _utc_offset(snapshot: AccountSnapshot) -> float:
    offset = snapshot.now.astimezone(ZoneInfo(snapshot.account.timezone_name)).utcoffset()
    hours = (offset or timedelta()) / timedelta(hours=1)
    return int(hours) if hours.is_integer() else hours


def _age(snapshot: AccountSnapshot) -> float:
    return float((snapshot.account.today(snapshot.now) - snapshot.account.created).days)


def _amount_spent(snapshot: AccountSnapshot) -> str:
    """All spend of the finished days."""
    moment, source = snapshot.account.moment(snapshot.now), snapshot.account.source
    first, last = source.first_day(moment.today), source.last_day(moment.today)
    spent = summed(
        record.spend
        for offset in range((last - first).days + 1)
        for record in source.records(first + timedelta(days=offset), moment)
    )
    return str(int(Decimal(spent or 0).scaleb(snapshot.account.decimals)))


_FIELDS: Mapping[str, Callable[[AccountSnapshot], Any]] = {
    "account_id": lambda snapshot: snapshot.account.id,
    "id": lambda snapshot: f"act_{snapshot.account.id}",
    "name": lambda snapshot: snapshot.account.name,
    "currency": lambda snapshot: snapshot.account.currency,
    "timezone_name": lambda snapshot: snapshot.account.timezone_name,
    "timezone_id": lambda snapshot: snapshot.account.timezone_id,
    "timezone_offset_hours_utc": _utc_offset,
    "account_status": lambda _snapshot: ACTIVE,
    "age": _age,
    "amount_spent": _amount_spent,
    "balance": lambda _snapshot: "0",
    "business_name": lambda snapshot: snapshot.account.name,
    "business": lambda snapshot: {"id": f"99{snapshot.account.id}", "name": snapshot.account.name},
    "owner": lambda snapshot: f"99{snapshot.account.id}",
    "created_time": _created,
    "disable_reason": lambda _snapshot: 0,
    "end_advertiser_name": lambda snapshot: snapshot.account.name,
    "is_personal": lambda _snapshot: 0,
    "is_prepay_account": lambda _snapshot: False,
    "min_campaign_group_spend_cap": lambda snapshot: str(10 ** (snapshot.account.decimals + 2)),
    "min_daily_budget": lambda snapshot: 10**snapshot.account.decimals,
    "spend_cap": lambda _snapshot: "0",
}
