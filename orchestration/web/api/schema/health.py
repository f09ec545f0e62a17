"""The shapes of the two health answers: of all clients, and of one client with its days."""

import sys
from datetime import date
from typing import Literal

import orjson
from pydantic import Field

from orchestration.web.api.schema.base import Answer, AsOf, ClientId, Instant
from orchestration.web.api.schema.checks import (
    Alerting,
    CacheFreshness,
    CacheHitRate,
    CheckResult,
    FailedCollections,
    MissingDays,
    PublicationCheck,
    Quarantine,
    SplitData,
    TodayCollection,
)


class ClientChecks(Answer):
    """The checks about one client."""

    warehouse: CheckResult
    today_collection: TodayCollection
    split_data: SplitData
    missing_days: MissingDays
    cache_freshness: CacheFreshness
    publication: PublicationCheck
    quarantine: Quarantine
    failed_collections: FailedCollections


class Checks(ClientChecks):
    """All checks."""

    alerting: Alerting
    cache_hit_rate: CacheHitRate


class DataHealth(Answer):
    """Whether the data can be trusted, and why not.

    healthy: no check fails. degraded: one fails, the published data stay right. unhealthy: the
    collection failed, data are split, or the warehouse cannot be reached.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    checks: Checks
    as_of: AsOf | None = None
    last_check: Instant


class ClientDay(Answer):
    """A due day of a client, by what stands and how the last attempt ended."""

    day: date
    state: Literal[
        "good",
        "mended",
        "held",
        "zero",
        "thin",
        "split",
        "refused",
        "failed",
        "missing",
        "waived",
        "expected",
    ]
    is_late: bool
    rows: int | None
    received_at: Instant | None = Field(description="When the rows that stand first came.")
    confirmed_at: Instant | None = Field(description="When an answer last said that they hold.")
    last_attempt: str | None
    attempted_at: Instant | None
    reason: str | None


class ClientHealth(Answer):
    """The same about one client, with its last 35 due days, newest first."""

    client: ClientId
    name: str
    status: Literal["healthy", "degraded", "unhealthy"]
    checks: ClientChecks
    days: list[ClientDay]
    as_of: AsOf | None = None
    last_check: Instant


if __name__ == "__main__":
    schema = DataHealth.model_json_schema(mode="serialization")
    sys.stdout.write(orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode() + "\n")
