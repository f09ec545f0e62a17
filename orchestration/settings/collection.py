"""Settings of the collection: which days are read, when a day is due, when it is late."""

import os
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from orchestration.settings.section import Section, variable


def _in_utc(value: datetime | None) -> datetime | None:
    """An instant without an offset is taken as UTC."""
    if value is None:
        return None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _default_workers() -> int:
    """As many as there are cores for this process, four at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(4, cores or 1)


class CollectionSettings(Section):
    """What is owed and due, and how much published days may change.

    `shard_clients` is how many clients one run of the daemon collects at most, 0 for all that are
    owed; `round_minutes` is how long a build waits for the shards that are still under way.

    `latest_due_day` and `late_at` say in Python what the functions of these names in the schema
    `ops` say in SQL, for callers without a connection. They are the only copies of these rules, and
    tests/warehouse/test_calendar.py compares the two.
    """

    now_override: Annotated[datetime | None, AfterValidator(_in_utc)] = Field(
        None, validation_alias=variable("META_ADS_NOW")
    )
    lookback_days: int = Field(
        28, ge=1, le=366, validation_alias=variable("META_ADS_LOOKBACK_DAYS")
    )
    deep_months: int = Field(3, ge=0, le=36, validation_alias=variable("META_ADS_DEEP_MONTHS"))
    due_hour: int = Field(4, ge=0, le=23, validation_alias=variable("META_ADS_DUE_HOUR"))
    due_grace_minutes: int = Field(
        60, ge=0, le=1440, validation_alias=variable("META_ADS_DUE_GRACE_MINUTES")
    )
    workers: int = Field(
        default_factory=_default_workers, ge=1, le=32, validation_alias=variable("META_ADS_WORKERS")
    )
    shard_clients: int = Field(
        0, ge=0, le=100_000, validation_alias=variable("META_ADS_SHARD_CLIENTS")
    )
    shards_at_once: int = Field(
        2, ge=1, le=1000, validation_alias=variable("META_ADS_SHARDS_AT_ONCE")
    )
    round_minutes: int = Field(
        60, ge=1, le=1440, validation_alias=variable("META_ADS_ROUND_MINUTES")
    )
    restatement_percent: int = Field(
        20, ge=1, le=1000, validation_alias=variable("META_ADS_RESTATEMENT_PERCENT")
    )

    def now(self) -> datetime:
        """Business time in UTC: what is owed, due and final is judged at this instant.

        Record times (receipts, batches, publications) always take the real clock instead.
        """
        return self.now_override or datetime.now(UTC)

    def latest_due_day(self, timezone_name: str) -> date:
        """The latest day that is due: a day is due at the due hour of the account's next day."""
        local = self.now().astimezone(ZoneInfo(timezone_name))
        return (local - timedelta(hours=self.due_hour)).date() - timedelta(days=1)

    def late_at(self, day: date, timezone_name: str) -> datetime:
        """When a day becomes late: its due hour and the time of grace are over."""
        due = datetime.combine(
            day + timedelta(days=1), time(self.due_hour), ZoneInfo(timezone_name)
        )
        return due.astimezone(UTC) + timedelta(minutes=self.due_grace_minutes)
