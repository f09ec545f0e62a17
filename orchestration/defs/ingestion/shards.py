"""Requests owed work in shards: runs of a part of the clients each, and one build for a round.

Shards are runs of `collect_only`, so that any run launcher of Dagster spreads them over processes
or machines. A round is over when no shard is under way and none can be requested; what its shards
collected is then built at once, or earlier where a shard takes too long.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from orchestration.clients.model import Client
from orchestration.collection.api_access import token_variable
from orchestration.collection.owed_request import shards_of
from orchestration.defs.ingestion.runs import (
    requested,
    requested_build,
    runs_under_way,
    waits_for,
)
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.claims import owners_of_claims
from orchestration.warehouse.ledger.due import waiting_build

SHARD_TAG = "meta_ads/shard"
"""Marks a shard."""
TOKEN_TAG = "meta_ads/token"
"""The variable with the token of a shard's clients: Dagster can limit runs by it."""
JOB = "collect_only"

Requested = dg.RunRequest | dg.SkipReason


def request_shards(
    instance: dg.DagsterInstance,
    settings: Settings,
    connection: Connection,
    clients: Sequence[Client],
) -> list[dg.RunRequest] | dg.SkipReason:
    """The shards that may begin now, with the build that is due; or why there are none."""
    under_way = runs_under_way(instance, owners_of_claims(connection))
    others = [run for run in under_way if SHARD_TAG not in run.tags]
    if others:
        return waits_for(others)
    room = settings.shards_at_once - len(under_way)
    new = _new_shards(instance, settings, connection, clients, under_way) if room > 0 else iter(())
    found: list[Requested] = []
    for request in new:
        found.append(request)
        if sum(isinstance(one, dg.RunRequest) for one in found) == room:
            break
    requests = [one for one in found if isinstance(one, dg.RunRequest)]
    is_over = not under_way and not requests
    settled = 0 if is_over else settings.round_minutes * 60
    if (build := waiting_build(connection, settled_seconds=settled)) is not None:
        request = requested_build(instance, build)
        found.append(request)
        requests += [request] if isinstance(request, dg.RunRequest) else []
    if requests:
        return requests
    if under_way:
        return dg.SkipReason(f"{len(under_way)} shards are under way, and no other may begin.")
    return next(
        (one for one in found if isinstance(one, dg.SkipReason)),
        dg.SkipReason("Nothing is due now: meta-ads owed lists what pauses, and why."),
    )


def _new_shards(
    instance: dg.DagsterInstance,
    settings: Settings,
    connection: Connection,
    clients: Sequence[Client],
    under_way: Sequence[dg.DagsterRun],
) -> Iterator[Requested]:
    """The shards of what is due beside the shards that are under way."""
    taken = {client_id for run in under_way for client_id in _clients_of(run)}
    tokens = {c.client_id: token_variable(c) for c in clients if c.client_id not in taken}
    for shard in shards_of(connection, clients, settings.shard_clients, tokens):
        ids = [*shard.owed]
        tags = {SHARD_TAG: f"{ids[0]}..{ids[-1]}", TOKEN_TAG: tokens[ids[0]]}
        yield requested(instance, shard, JOB, {"clients": ids}, tags)


def _clients_of(run: dg.DagsterRun) -> Sequence[str]:
    config: Any = run.run_config
    clients: Sequence[str] = config["ops"]["collect_insights"]["config"]["clients"]
    return clients
