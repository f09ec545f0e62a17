"""Settings of alerts: where messages go, when they are sent, and the limits of the rules."""

from collections.abc import Callable
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from orchestration.settings.section import Numbers, Section, split_text, variable


def _hours(count: int) -> Callable[[tuple[float, ...]], tuple[float, ...]]:
    """Checks that a setting has exactly so many numbers of hours, of at most a year."""

    def check(value: tuple[float, ...]) -> tuple[float, ...]:
        if len(value) != count or any(not 0 <= hours <= 8760 for hours in value):
            raise ValueError(f"must be {count} numbers of hours, such as 4,24,72; 0 is never")
        return value

    return check


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        raise ValueError("is not a time zone such as Europe/Berlin") from None
    return value


class AlertSettings(Section):
    """The destinations, the hours of the messages, and the limits of the rules."""

    slack_webhook_url: SecretStr | None = Field(
        None, validation_alias=variable("META_ADS_SLACK_WEBHOOK_URL")
    )
    smtp_url: SecretStr | None = Field(None, validation_alias=variable("META_ADS_SMTP_URL"))
    alert_email_to: Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_text)] = Field(
        (), validation_alias=variable("META_ADS_ALERT_EMAIL_TO")
    )
    alert_email_from: str | None = Field(
        None, validation_alias=variable("META_ADS_ALERT_EMAIL_FROM")
    )
    webhook_url: SecretStr | None = Field(None, validation_alias=variable("META_ADS_WEBHOOK_URL"))
    webhook_secret: SecretStr | None = Field(
        None, validation_alias=variable("META_ADS_WEBHOOK_SECRET")
    )
    alert_figures: bool = Field(False, validation_alias=variable("META_ADS_ALERT_FIGURES"))
    alert_interval_seconds: int = Field(
        300, ge=120, le=86400, validation_alias=variable("META_ADS_ALERT_INTERVAL")
    )
    alert_heartbeat_hours: int = Field(
        24, ge=0, le=744, validation_alias=variable("META_ADS_ALERT_HEARTBEAT_HOURS")
    )
    alert_remind_hours: Annotated[Numbers, AfterValidator(_hours(3))] = Field(
        (4.0, 24.0, 72.0), validation_alias=variable("META_ADS_ALERT_REMIND_HOURS")
    )
    alert_raise_hours: Annotated[Numbers, AfterValidator(_hours(2))] = Field(
        (24.0, 72.0), validation_alias=variable("META_ADS_ALERT_RAISE_HOURS")
    )
    alert_quiet_hours: str | None = Field(
        None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-4])$",
        validation_alias=variable("META_ADS_ALERT_QUIET_HOURS"),
    )
    alert_digest_hour: int = Field(
        9, ge=0, le=23, validation_alias=variable("META_ADS_ALERT_DIGEST_HOUR")
    )
    alert_timezone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "UTC", validation_alias=variable("META_ADS_ALERT_TIMEZONE")
    )
    alert_cache_hours: int = Field(
        6, ge=1, le=720, validation_alias=variable("META_ADS_ALERT_CACHE_HOURS")
    )
    alert_gap_hours: int = Field(
        24, ge=1, le=720, validation_alias=variable("META_ADS_ALERT_GAP_HOURS")
    )
    alert_failed_minutes: int = Field(
        45, ge=0, le=1440, validation_alias=variable("META_ADS_ALERT_FAILED_MINUTES")
    )
    alert_pending_minutes: int = Field(
        15, ge=0, le=1440, validation_alias=variable("META_ADS_ALERT_PENDING_MINUTES")
    )
    alert_hit_percent: int = Field(
        70, ge=0, le=100, validation_alias=variable("META_ADS_ALERT_HIT_PERCENT")
    )
    alert_hit_reads: int = Field(20, ge=1, validation_alias=variable("META_ADS_ALERT_HIT_READS"))
