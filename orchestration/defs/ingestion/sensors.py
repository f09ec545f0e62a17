"""The sensor that starts collections, and the one that shows in Dagster what is collected."""

import dagster as dg

from orchestration.collection.api_access import check_tokens
from orchestration.collection.owed_request import request_owed
from orchestration.collection.refused_tokens import try_refused_tokens
from orchestration.defs.ingestion.marks import mark_days
from orchestration.defs.ingestion.runs import (
    requested,
    requested_build,
    runs_under_way,
    waits_for,
)
from orchestration.defs.ingestion.shards import request_shards
from orchestration.defs.jobs import build_only, collect_only, daily_refresh
from orchestration.defs.resources import MetaAds
from orchestration.errors import MetaAdsError
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.collected import collected_days, state_of_days
from orchestration.warehouse.ledger.due import waiting_build

OWED_SECONDS = 60
"""How often the sensor looks for owed days."""
MARK_SECONDS = 60
"""How often days are marked as collected."""


@dg.sensor(
    jobs=[daily_refresh, collect_only, build_only],
    minimum_interval_seconds=OWED_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts a run for exactly the client-days that are owed and due, one at a time. "
    "Nothing else starts collections. Failed days are asked for again after growing pauses; a "
    "client that only a person can repair is tried once a day, and a refused token is tested every "
    "half hour. If data were collected but not published, it starts a build. meta-ads owed lists "
    "what is owed and why.",
)
def collect_owed_days(
    context: dg.SensorEvaluationContext, meta_ads: MetaAds
) -> dg.RunRequest | dg.SkipReason | list[dg.RunRequest]:
    """Request a run for the owed days that are due, unless a run is under way."""
    try:
        settings, clients = meta_ads.settings(), meta_ads.clients()
        if not settings.shard_clients and (runs := runs_under_way(context.instance)):
            return waits_for(runs)
        check_tokens(settings, clients)
        with connect(settings, autocommit=True) as connection:
            for token in try_refused_tokens(settings, connection, clients):
                context.log.info("The token in %s works again", token)
            if settings.shard_clients:
                return request_shards(context.instance, settings, connection, clients)
            request = request_owed(connection, clients)
            build = waiting_build(connection) if request is None else None
    except MetaAdsError as error:
        return dg.SkipReason(str(error))
    if build is not None:
        return requested_build(context.instance, build)
    if request is None:
        return dg.SkipReason("Nothing is due now: meta-ads owed lists what pauses, and why.")
    context.log.info("%d client-days of %d clients are due", request.days, request.clients)
    return requested(context.instance, request)


@dg.sensor(
    minimum_interval_seconds=MARK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks the partitions of days of which no client lacks data, from the ledger, and "
    "takes the marks of other days away. Starts no run. A day is marked once it is due for every "
    "client; days that no client owes count as collected.",
)
def mark_collected_days(context: dg.SensorEvaluationContext, meta_ads: MetaAds) -> dg.SkipReason:
    """Mark what changed since the last tick."""
    try:
        with connect(meta_ads.settings(), autocommit=True) as connection:
            state = state_of_days(connection)
            if state is None:
                return dg.SkipReason("Nothing was ever collected.")
            if state == context.cursor:
                return dg.SkipReason("No day became due, and nothing was collected since.")
            days = collected_days(connection)
    except MetaAdsError as error:
        return dg.SkipReason(str(error))
    done = mark_days(context.instance, days)
    if done.is_all:
        context.update_cursor(state)
    more = "" if done.is_all else " The next tick goes on."
    return dg.SkipReason(
        f"{done.marked} days were marked, and {done.unmarked} are no longer.{more}"
    )
