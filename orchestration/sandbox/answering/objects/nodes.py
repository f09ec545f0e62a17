"""The nodes and edges beside insights: the token's user, accounts and the objects in them."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from orchestration.sandbox.answering.entity_snapshot import EntitySnapshot
from orchestration.sandbox.answering.filters import filters
from orchestration.sandbox.answering.objects.account_fields import AccountSnapshot, shown_account
from orchestration.sandbox.answering.objects.entity_fields import shown
from orchestration.sandbox.answering.objects.field_lists import wanted_fields
from orchestration.sandbox.answering.scope import Scope
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, missing_object
from orchestration.sandbox.world.lifecycle import PUT_AWAY
from orchestration.sandbox.world.model import LEVELS, Account, AdObject

ME = {"name": "Sandbox System User", "id": "122100000000000001"}
EDGES = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}


def entity_node(call: Call, scope: Scope, now: datetime) -> dict[str, Any]:
    """An account, campaign, ad set or ad with the fields asked for, whatever its state."""
    each = scope.each
    if each is None:
        return shown_account(AccountSnapshot(scope.account, now), wanted_fields(call))
    today = scope.account.today(now)
    if each.id not in scope.account.source.states(today):
        raise missing_object(scope.object_id)
    return shown(EntitySnapshot(scope.account, each, today), wanted_fields(call))


def accounts_page(call: Call, accounts: Collection[Account], now: datetime) -> dict[str, Any]:
    """A page of the accounts that the token sees: all of them."""
    wanted = wanted_fields(call)
    chosen = list(accounts)[call.start : call.start + call.limit + 1]
    page = call.page([shown_account(AccountSnapshot(account, now), wanted) for account in chosen])
    return _with_count(call, page, len(accounts))


def edge_page(call: Call, scope: Scope, edge: str, now: datetime) -> dict[str, Any]:
    """A page of the campaigns, ad sets or ads below an object.

    Raises:
        GraphError: objects of this level have no such edge.
    """
    level = EDGES.get(edge)
    if level is None or LEVELS.index(level) <= LEVELS.index(scope.level):
        raise GraphError(f"Unknown path components: /{edge}", code=2500)
    wanted = wanted_fields(call)
    today = scope.account.today(now)
    listed = _listed(call, scope, level, today)
    rows = [
        shown(EntitySnapshot(scope.account, each, today), wanted)
        for each in listed[call.start : call.start + call.limit + 1]
    ]
    return _with_count(call, call.page(rows), len(listed))


def _listed(call: Call, scope: Scope, level: str, today: date) -> list[AdObject]:
    """The objects that exist and pass the filters; PUT_AWAY ones only with a filter for states."""
    account = scope.account
    criteria, within = filters(call, level, rows=False), scope.each
    states = account.source.states(today)
    if within is not None and within.id not in states:
        raise missing_object(scope.object_id)
    return [
        each
        for each in account.objects[level]
        if each.id in states
        and (within is None or each.at(within.level) is within)
        and (criteria.names_states or states[each.id].effective_status not in PUT_AWAY)
        and criteria.passes(account, each, today)
    ]


def _with_count(call: Call, page: dict[str, Any], count: int) -> dict[str, Any]:
    if call.params.get("summary") in ("true", "1", "total_count", '["total_count"]'):
        return {**page, "summary": {"total_count": count}}
    return page
