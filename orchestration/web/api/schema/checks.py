"""The shape of the result of each health check."""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestration.web.api.schema.base import Answer, ClientId, Count, Instant, Month, Status


class CheckResult(Answer):
    """One check."""

    status: Status
    reason: str | None = Field(None, description="Only where there is something to say.")


class MissingToday(Answer):
    """A client whose latest due day is not in."""

    client: ClientId
    day: date
    late_at: Instant
    is_late: bool
    reason: str


class TodayCollection(CheckResult):
    """Is the latest due day of every client in? Fails three hours after it is late."""

    client_count: int = Field(description="Clients whose day is in.")
    expected_count: int
    missing: list[MissingToday]


class SplitIssue(Answer):
    """Delivery without its conversions."""

    client: ClientId
    month: Month
    day: date | None
    rule: str = Field(description="The rule of the gate or the audit that found it.")
    is_published: bool = Field(description="Whether the marts show it.")
    detail: str


class UnprovenClient(Answer):
    """An active client of whom nothing that counts ever came: true, or lost at every level."""

    client: ClientId
    kind: Literal["no conversions yet", "no delivery yet"]
    since: date
    until: date
    days: int
    link_clicks: int


class SplitData(CheckResult):
    """Fails while there is any issue; unproven clients are a warning."""

    issue_count: int
    issues: list[SplitIssue] = Field(description="The first 1,000.")
    unproven: list[UnprovenClient]


class Gap(Answer):
    """Days without an answer that stands."""

    client: ClientId
    days: list[date]
    kind: Literal["missing", "suspected"] = Field(
        description="suspected: Meta answered without rows between days with delivery."
    )
    reason: str


class MissingDays(CheckResult):
    """Of the last seven due days; fails once one is late for META_ADS_ALERT_GAP_HOURS (24)."""

    gap_count: int
    gaps: list[Gap]


class StaleClient(Answer):
    """A client whose running month is older than three hours."""

    client: ClientId
    refreshed_at: Instant | None
    reason: str


class CacheFreshness(CheckResult):
    """A warning after three hours, a fail after six (META_ADS_ALERT_CACHE_HOURS)."""

    client_count: int
    stale_count: int
    clients: list[StaleClient]


class LeftOut(Answer):
    """A client-month that the marts show as it was, or not at all."""

    client: ClientId
    month: Month
    reason: str


class PublicationCheck(CheckResult):
    """Fails if the latest build failed, left something out, or data wait for four hours."""

    publication_id: int | None
    published_at: Instant | None
    latest_build: str | None
    waiting_count: int = Field(description="Client-months whose data changed since.")
    waiting_since: Instant | None
    left_out: list[LeftOut]


class RefusedDay(Answer):
    """A client-day in quarantine."""

    client: ClientId
    day: date
    rules: list[str]
    refused_at: Instant
    earlier_data_stand: bool


class Quarantine(CheckResult):
    """A warning while somebody has to decide."""

    waiting_count: int
    days: list[RefusedDay] = Field(description="The first 1,000.")


class FailedCollection(Answer):
    """A collection that failed after its last retry."""

    client: ClientId
    since: date
    until: date
    error: str
    reason: str
    failed_at: Instant
    needs_person: bool


class FailedCollections(CheckResult):
    """Fails where only a person can mend it."""

    open_count: int
    collections: list[FailedCollection] = Field(description="The first 1,000.")


class AlertDestination(Answer):
    """Where alerts go. Without one that is on they show on the dashboard only."""

    name: str = Field(description="slack, email or webhook; with :route for that of a route.")
    is_on: bool
    delivered_at: Instant | None = Field(description="When it last took a message.")
    failing_since: Instant | None
    reason: str | None = Field(description="Why it fails, or why it is off.")


class Alerting(CheckResult):
    """Fails when evaluation, delivery or a destination stopped working."""

    evaluated_at: Instant | None
    delivered_at: Instant | None
    waiting_count: int = Field(description="Messages that could be sent and are not yet.")
    destinations: list[AlertDestination]


class CacheHitRate(CheckResult):
    """Over 24 hours; a warning below 0.7 with twenty reads or more, unless set otherwise."""

    hits: int
    misses: int
    stale: int
    rate: Count | None
