"""The fields of campaigns, ad sets and ads, beside insights."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from orchestration.sandbox.answering.absent_fields import ABSENT
from orchestration.sandbox.answering.entity_snapshot import EntitySnapshot
from orchestration.sandbox.answering.objects.field_lists import Wanted
from orchestration.sandbox.wire.envelope import invalid
from orchestration.sandbox.world.lifecycle import PUT_AWAY
from orchestration.sandbox.world.model import OPTIMIZATION_GOALS

_ATTRIBUTION_SPEC = [
    {"event_type": "CLICK_THROUGH", "window_days": 7},
    {"event_type": "VIEW_THROUGH", "window_days": 1},
]


Field = Callable[[EntitySnapshot, Wanted], Any]


def shown(snapshot: EntitySnapshot, wanted: Wanted) -> dict[str, Any]:
    """The object with the fields asked for and its id; fields that are empty are left out."""
    known = _BY_LEVEL[snapshot.each.level]
    row = {}
    for name, below in wanted.items():
        if name in ABSENT[snapshot.each.level]:
            continue
        if name not in known:
            raise invalid(f"Tried accessing nonexisting field ({name})")
        value = known[name](snapshot, below)
        if value is not None:
            row[name] = value
    return {**row, "id": snapshot.each.id}


def written(instant: datetime) -> str:
    """An instant with its offset without a colon."""
    return f"{instant:%Y-%m-%dT%H:%M:%S%z}"


def _parent_id(level: str) -> Field:
    def field(snapshot: EntitySnapshot, _below: Wanted) -> str | None:
        owner = snapshot.each.at(level)
        return owner.id if owner else None

    return field


def _parent(level: str) -> Field:
    """The object above, with its id or the fields asked for."""

    def field(snapshot: EntitySnapshot, below: Wanted) -> dict[str, Any]:
        owner = snapshot.each.at(level)
        assert owner is not None
        return shown(snapshot._replace(each=owner), below)

    return field


def _account(snapshot: EntitySnapshot, _below: Wanted) -> dict[str, str]:
    return {"account_id": snapshot.account.id, "id": f"act_{snapshot.account.id}"}


def _status(snapshot: EntitySnapshot, _below: Wanted) -> str:
    """What the advertiser set; a disapproved object is switched on."""
    status = snapshot.state.status
    return status if status in ("ACTIVE", "PAUSED", *PUT_AWAY) else "ACTIVE"


def _budget(snapshot: EntitySnapshot, _below: Wanted) -> str | None:
    return str(snapshot.each.budget) if snapshot.each.budget else None


def _ended(snapshot: EntitySnapshot, _below: Wanted) -> str | None:
    ended = snapshot.ended_at
    return written(ended) if ended else None


def _creative(snapshot: EntitySnapshot, _below: Wanted) -> dict[str, str]:
    digest = blake2b(snapshot.each.id.encode(), digest_size=6).digest()
    return {"id": f"1205{int.from_bytes(digest, 'big') % 10**12:012d}"}


def _fixed(value: Any) -> Field:
    return lambda _snapshot, _below: value


_COMMON: dict[str, Field] = {
    "id": lambda snapshot, _: snapshot.each.id,
    "account_id": lambda snapshot, _: snapshot.account.id,
    "account": _account,
    "name": lambda snapshot, _: snapshot.state.name,
    "status": _status,
    "configured_status": _status,
    "effective_status": lambda snapshot, _: snapshot.state.effective_status,
    "created_time": lambda snapshot, _: written(snapshot.created_at),
    "updated_time": lambda snapshot, _: written(snapshot.updated_at),
    "source_campaign_id": _fixed("0"),
}
_SCHEDULED: dict[str, Field] = {
    "daily_budget": _budget,
    "budget_remaining": _budget,
    "lifetime_budget": _fixed("0"),
    "bid_strategy": _fixed("LOWEST_COST_WITHOUT_CAP"),
    "start_time": lambda snapshot, _: written(snapshot.created_at),
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
        "objective": lambda snapshot, _: snapshot.each.objective,
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
        "optimization_goal": lambda snapshot, _: OPTIMIZATION_GOALS[snapshot.each.objective],
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
