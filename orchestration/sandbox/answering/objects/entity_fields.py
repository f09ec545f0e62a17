"""The fields of campaigns, ad sets and ads, beside insights."""

from collections.abc import Callable
from datetime import datetime, time
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from orchestration.sandbox.answering.absent_fields import ABSENT
from orchestration.sandbox.answering.filters import Seen, created_at, updated_at
from orchestration.sandbox.answering.objects.field_lists import Wanted
from orchestration.sandbox.wire.envelope import invalid
from orchestration.sandbox.world.lifecycle import PUT_AWAY, State
from orchestration.sandbox.world.model import OPTIMIZATION_GOALS, Account, AdObject

_ATTRIBUTION_SPEC = [
    {"event_type": "CLICK_THROUGH", "window_days": 7},
    {"event_type": "VIEW_THROUGH", "window_days": 1},
]


class Subject(NamedTuple):
    """An object of an account as it is at an instant."""

    account: Account
    each: AdObject
    now: datetime

    @property
    def state(self) -> State:
        """Its name and status."""
        return self.account.source.states(self.account.today(self.now))[self.each.id]

    @property
    def seen(self) -> Seen:
        """The object as filters see it."""
        return Seen(self.each, self.state, self.account.timezone_name)


Field = Callable[[Subject, Wanted], Any]


def shown(subject: Subject, wanted: Wanted) -> dict[str, Any]:
    """The object with the fields asked for and its id; fields that are empty are left out."""
    known = _BY_LEVEL[subject.each.level]
    row = {}
    for name, below in wanted.items():
        if name in ABSENT[subject.each.level]:
            continue
        if name not in known:
            raise invalid(f"Tried accessing nonexisting field ({name})")
        value = known[name](subject, below)
        if value is not None:
            row[name] = value
    return {**row, "id": subject.each.id}


def written(instant: datetime) -> str:
    """An instant with its offset without a colon."""
    return f"{instant:%Y-%m-%dT%H:%M:%S%z}"


def _parent_id(level: str) -> Field:
    def field(subject: Subject, _below: Wanted) -> str | None:
        owner = subject.each.at(level)
        return owner.id if owner else None

    return field


def _parent(level: str) -> Field:
    """The object above, with its id or the fields asked for."""

    def field(subject: Subject, below: Wanted) -> dict[str, Any]:
        owner = subject.each.at(level)
        assert owner is not None
        return shown(subject._replace(each=owner), below)

    return field


def _account(subject: Subject, _below: Wanted) -> dict[str, str]:
    return {"account_id": subject.account.id, "id": f"act_{subject.account.id}"}


def _status(subject: Subject, _below: Wanted) -> str:
    """What the advertiser set; a disapproved object is switched on."""
    status = subject.state.status
    return status if status in ("ACTIVE", "PAUSED", *PUT_AWAY) else "ACTIVE"


def _budget(subject: Subject, _below: Wanted) -> str | None:
    return str(subject.each.budget) if subject.each.budget else None


def _ended(subject: Subject, _below: Wanted) -> str | None:
    ended = subject.each.life.ended
    if ended is None or subject.state.status != subject.each.life.ending:
        return None
    return written(datetime.combine(ended, time(), ZoneInfo(subject.account.timezone_name)))


def _creative(subject: Subject, _below: Wanted) -> dict[str, str]:
    digest = blake2b(subject.each.id.encode(), digest_size=6).digest()
    return {"id": f"1205{int.from_bytes(digest, 'big') % 10**12:012d}"}


def _fixed(value: Any) -> Field:
    return lambda _subject, _below: value


_COMMON: dict[str, Field] = {
    "id": lambda subject, _: subject.each.id,
    "account_id": lambda subject, _: subject.account.id,
    "account": _account,
    "name": lambda subject, _: subject.state.name,
    "status": _status,
    "configured_status": _status,
    "effective_status": lambda subject, _: subject.state.effective_status,
    "created_time": lambda subject, _: written(created_at(subject.seen)),
    "updated_time": lambda subject, _: written(updated_at(subject.seen)),
    "source_campaign_id": _fixed("0"),
}
_SCHEDULED: dict[str, Field] = {
    "daily_budget": _budget,
    "budget_remaining": _budget,
    "lifetime_budget": _fixed("0"),
    "bid_strategy": _fixed("LOWEST_COST_WITHOUT_CAP"),
    "start_time": lambda subject, _: written(created_at(subject.seen)),
}
_ADSET_PARENT: dict[str, Field] = {
    "campaign_id": _parent_id("campaign"),
    "campaign": _parent("campaign"),
}
_BY_LEVEL: dict[str, dict[str, Field]] = {
    "campaign": {
        **_COMMON,
        **_SCHEDULED,
        "stop_time": _ended,
        "objective": lambda subject, _: subject.each.objective,
        "buying_type": _fixed("AUCTION"),
        "special_ad_categories": _fixed([]),
        "special_ad_category": _fixed("NONE"),
        "smart_promotion_type": _fixed("GUIDED_CREATION"),
    },
    "adset": {
        **_COMMON,
        **_SCHEDULED,
        **_ADSET_PARENT,
        "end_time": _ended,
        "optimization_goal": lambda subject, _: OPTIMIZATION_GOALS[subject.each.objective],
        "billing_event": _fixed("IMPRESSIONS"),
        "destination_type": _fixed("WEBSITE"),
        "attribution_spec": _fixed(_ATTRIBUTION_SPEC),
        "targeting": _fixed({"age_min": 18, "age_max": 65, "targeting_automation": {}}),
        "learning_stage_info": _fixed({"status": "SUCCESS"}),
    },
    "ad": {
        **_COMMON,
        **_ADSET_PARENT,
        "adset_id": _parent_id("adset"),
        "adset": _parent("adset"),
        "creative": _creative,
        "bid_type": _fixed("ABSOLUTE_OCPM"),
        "last_updated_by_app_id": _fixed("0"),
        "source_ad_id": _fixed("0"),
    },
}
