"""Every environment variable, typed and read once; also from `.env` in the current folder.

Secrets are `SecretStr`: they never show in a repr, a log or an error. `.env.example` lists all
variables with a comment, and a test holds the two together.
"""

import os
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestration.env_file import ENV_FILE, META_URL, check_owner, check_sources, is_loopback
from orchestration.errors import UsageError
from orchestration.process.private_files import tighten
from orchestration.secret_forms import has_userinfo_or_query, looks_secret


def _env(name: str) -> Any:
    """The one name under which a setting is read."""
    return AliasChoices(name)


class Settings(BaseSettings):
    """What an operator can set; the defaults are what most want."""

    # Not by field names: HOME, which every shell sets, would then be read as `home`.
    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", env_ignore_empty=True)

    access_token: SecretStr | None = Field(None, validation_alias=_env("META_ACCESS_TOKEN"))
    app_secret: SecretStr | None = Field(None, validation_alias=_env("META_APP_SECRET"))
    api_url: str = Field(META_URL, validation_alias=_env("META_API_URL"))
    api_version: str = Field(
        "v26.0", pattern=r"^v\d+\.\d+$", validation_alias=_env("META_API_VERSION")
    )

    warehouse_url: SecretStr | None = Field(None, validation_alias=_env("WAREHOUSE_URL"))
    database_wait_seconds: float = Field(
        30.0, ge=0, le=3600, validation_alias=_env("META_ADS_DATABASE_WAIT")
    )
    home: Path = Field(Path(".meta-ads"), validation_alias=_env("META_ADS_HOME"))
    system_data: Path = Field(
        Path("/var/lib/meta-ads-warehouse"), validation_alias=_env("META_ADS_SYSTEM_DATA")
    )
    clients_file: Path = Field(Path("clients.yml"), validation_alias=_env("META_ADS_CLIENTS"))

    now_override: datetime | None = Field(None, validation_alias=_env("META_ADS_NOW"))
    lookback_days: int = Field(28, ge=1, le=366, validation_alias=_env("META_ADS_LOOKBACK_DAYS"))
    deep_months: int = Field(3, ge=0, le=36, validation_alias=_env("META_ADS_DEEP_MONTHS"))
    due_hour: int = Field(4, ge=0, le=23, validation_alias=_env("META_ADS_DUE_HOUR"))
    due_grace_minutes: int = Field(
        60, ge=0, le=1440, validation_alias=_env("META_ADS_DUE_GRACE_MINUTES")
    )
    retry_delays: Annotated[tuple[float, ...], NoDecode] = Field(
        (2.0, 4.0, 8.0), validation_alias=_env("META_ADS_RETRY_DELAYS")
    )
    concurrency: int = Field(4, ge=1, le=64, validation_alias=_env("META_ADS_CONCURRENCY"))
    restatement_percent: int = Field(
        20, ge=1, le=1000, validation_alias=_env("META_ADS_RESTATEMENT_PERCENT")
    )
    role_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]{0,40}$", validation_alias=_env("META_ADS_ROLE_PREFIX")
    )
    analyst_connections: int = Field(
        40, ge=1, le=10000, validation_alias=_env("META_ADS_ANALYST_CONNECTIONS")
    )
    analyst_statement_seconds: int = Field(
        900, ge=0, le=86400, validation_alias=_env("META_ADS_ANALYST_STATEMENT_SECONDS")
    )
    analyst_idle_seconds: int = Field(
        600, ge=0, le=86400, validation_alias=_env("META_ADS_ANALYST_IDLE_SECONDS")
    )
    lock_wait_seconds: float = Field(
        300.0, ge=1, le=86400, validation_alias=_env("META_ADS_LOCK_WAIT")
    )
    call_budget: int = Field(5000, ge=1, validation_alias=_env("META_ADS_CALL_BUDGET"))
    wait_budget_seconds: float = Field(
        900.0, ge=0, le=86400, validation_alias=_env("META_ADS_WAIT_BUDGET")
    )

    admin_token: SecretStr | None = Field(None, validation_alias=_env("META_ADS_ADMIN_TOKEN"))
    kpi_tokens: SecretStr | None = Field(None, validation_alias=_env("META_ADS_KPI_TOKENS"))
    cookie_secret: SecretStr | None = Field(None, validation_alias=_env("META_ADS_COOKIE_SECRET"))
    kpi_wait_seconds: float = Field(
        5.0, ge=0, le=60, validation_alias=_env("META_ADS_KPI_WAIT_SECONDS")
    )
    health_seconds: float = Field(
        10.0, ge=0, le=300, validation_alias=_env("META_ADS_HEALTH_SECONDS")
    )
    rate_limit: int = Field(100, ge=1, validation_alias=_env("META_ADS_RATE_LIMIT"))
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias=_env("META_ADS_TRUSTED_PROXIES")
    )
    request_seconds: float = Field(
        10.0, gt=0, le=600, validation_alias=_env("META_ADS_REQUEST_SECONDS")
    )
    connections: int = Field(500, ge=10, le=10000, validation_alias=_env("META_ADS_CONNECTIONS"))
    connections_per_address: int = Field(
        100, ge=1, le=10000, validation_alias=_env("META_ADS_CONNECTIONS_PER_ADDRESS")
    )
    dagster_url: str = Field("http://127.0.0.1:3000", validation_alias=_env("META_ADS_DAGSTER_URL"))

    slack_webhook_url: SecretStr | None = Field(
        None, validation_alias=_env("META_ADS_SLACK_WEBHOOK_URL")
    )
    smtp_url: SecretStr | None = Field(None, validation_alias=_env("META_ADS_SMTP_URL"))
    alert_email_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias=_env("META_ADS_ALERT_EMAIL_TO")
    )
    alert_email_from: str | None = Field(None, validation_alias=_env("META_ADS_ALERT_EMAIL_FROM"))
    webhook_url: SecretStr | None = Field(None, validation_alias=_env("META_ADS_WEBHOOK_URL"))
    webhook_secret: SecretStr | None = Field(None, validation_alias=_env("META_ADS_WEBHOOK_SECRET"))
    alert_figures: bool = Field(False, validation_alias=_env("META_ADS_ALERT_FIGURES"))
    alert_interval_seconds: int = Field(
        300, ge=120, le=86400, validation_alias=_env("META_ADS_ALERT_INTERVAL")
    )
    alert_heartbeat_hours: int = Field(
        24, ge=0, le=744, validation_alias=_env("META_ADS_ALERT_HEARTBEAT_HOURS")
    )
    alert_remind_hours: Annotated[tuple[float, ...], NoDecode] = Field(
        (4.0, 24.0, 72.0), validation_alias=_env("META_ADS_ALERT_REMIND_HOURS")
    )
    alert_raise_hours: Annotated[tuple[float, ...], NoDecode] = Field(
        (24.0, 72.0), validation_alias=_env("META_ADS_ALERT_RAISE_HOURS")
    )
    alert_quiet_hours: str | None = Field(
        None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-4])$",
        validation_alias=_env("META_ADS_ALERT_QUIET_HOURS"),
    )
    alert_digest_hour: int = Field(
        9, ge=0, le=23, validation_alias=_env("META_ADS_ALERT_DIGEST_HOUR")
    )
    alert_timezone: str = Field("UTC", validation_alias=_env("META_ADS_ALERT_TIMEZONE"))
    alert_cache_hours: int = Field(
        6, ge=1, le=720, validation_alias=_env("META_ADS_ALERT_CACHE_HOURS")
    )
    alert_gap_hours: int = Field(
        24, ge=1, le=720, validation_alias=_env("META_ADS_ALERT_GAP_HOURS")
    )
    alert_failed_minutes: int = Field(
        45, ge=0, le=1440, validation_alias=_env("META_ADS_ALERT_FAILED_MINUTES")
    )
    alert_pending_minutes: int = Field(
        15, ge=0, le=1440, validation_alias=_env("META_ADS_ALERT_PENDING_MINUTES")
    )
    alert_hit_percent: int = Field(
        70, ge=0, le=100, validation_alias=_env("META_ADS_ALERT_HIT_PERCENT")
    )
    alert_hit_reads: int = Field(20, ge=1, validation_alias=_env("META_ADS_ALERT_HIT_READS"))
    dashboard_url: str = Field(
        "http://127.0.0.1:8080", validation_alias=_env("META_ADS_DASHBOARD_URL")
    )

    @field_validator("retry_delays", "alert_remind_hours", "alert_raise_hours", mode="before")
    @classmethod
    def _split_delays(cls, value: Any) -> Any:
        """`2,4,8` is how a person writes several spans."""
        if not isinstance(value, str):
            return value
        try:
            return tuple(float(part) for part in value.split(",") if part.strip())
        except ValueError:
            raise ValueError("must be numbers with commas between them, such as 2,4,8") from None

    @field_validator("alert_email_to", mode="before")
    @classmethod
    def _split_addresses(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: Any) -> Any:
        """Addresses and networks only: a name or * would trust whoever can take it."""
        if not isinstance(value, str):
            return value
        try:
            return tuple(str(ip_network(part.strip())) for part in value.split(",") if part.strip())
        except ValueError:
            raise ValueError(
                "must be addresses or networks, such as 10.0.0.7,10.1.0.0/16"
            ) from None

    @field_validator("alert_remind_hours", "alert_raise_hours")
    @classmethod
    def _check_hours(cls, value: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        wanted = 3 if info.field_name == "alert_remind_hours" else 2
        if len(value) != wanted or any(not 0 <= hours <= 8760 for hours in value):
            raise ValueError(f"must be {wanted} numbers of hours, such as 4,24,72; 0 is never")
        return value

    @field_validator("alert_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (LookupError, ValueError, OSError):
            raise ValueError("is not a time zone such as Europe/Berlin") from None
        return value

    @field_validator("retry_delays")
    @classmethod
    def _check_delays(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= delay <= 3600 for delay in value):
            raise ValueError("each pause is a number of seconds from 0 to 3600")
        return value

    @field_validator("now_override")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        """An instant without an offset is taken as UTC."""
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)

    @field_validator("home", "clients_file", "system_data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        """Absolute at once, so that a later change of folder cannot move the state."""
        return value.expanduser().absolute()

    @field_validator("api_url", "dagster_url", "dashboard_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if has_userinfo_or_query(value) or looks_secret(value):
            raise ValueError(
                "must be an address alone, without user, password, token or query: "
                "it is shown and kept where secrets are not"
            )
        return value.rstrip("/")

    @field_validator("api_url")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        """The token goes there with every call."""
        if not value.startswith("https://") and not is_loopback(value):
            raise ValueError(
                "must start with https://, because the token is sent there; http:// is for an "
                "address of this machine only, such as http://127.0.0.1:8090"
            )
        return value

    def token(self, variable: str | None) -> SecretStr | None:
        """The token of a client: of its own variable where it names one, else the common one."""
        if variable is None:
            return self.access_token
        value = os.environ.get(variable) or dotenv_values(ENV_FILE).get(variable)
        check_sources(self.api_url, [variable])
        return SecretStr(value) if value else None

    @cached_property
    def dagster_home(self) -> Path:
        """Where the Dagster instance lives when DAGSTER_HOME does not say otherwise."""
        return self.home / "dagster"

    @cached_property
    def dbt_target(self) -> Path:
        """dbt's artifacts: manifest, run results, compiled SQL."""
        return self.home / "dbt" / "target"

    def now(self) -> datetime:
        """Business time in UTC: what is owed, due and final is judged at this instant.

        Record times (receipts, batches, publications) always take the real clock instead.
        """
        return self.now_override or datetime.now(UTC)

    def latest_due_day(self, timezone_name: str) -> date:
        """The latest day that is due: a day is due at the due hour of the account's next day."""
        local = self.now().astimezone(ZoneInfo(timezone_name))
        return (local - timedelta(hours=self.due_hour)).date() - timedelta(days=1)


def load_settings() -> Settings:
    """The settings of this process; a state folder that is open to others is closed.

    Raises:
        UsageError: a variable has a value that cannot be used; names the variable, not the value.
            Or `.env` is somebody else's, or would send a token of the environment elsewhere.
    """
    check_owner()
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise UsageError(f"A setting cannot be used: {problems}.") from None
    check_sources(settings.api_url, ("META_ACCESS_TOKEN", "META_APP_SECRET"))
    tighten(settings.home)
    return settings
