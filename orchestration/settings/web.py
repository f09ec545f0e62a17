"""Settings of the web server: who may read, how much at once, and how fresh figures are."""

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from orchestration.settings.section import PlainUrl, Section, split_text, variable


def _networks(value: Any) -> Any:
    """Addresses and networks only: a name or * would trust whoever can take it."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(str(ip_network(part)) for part in split_text(value))
    except ValueError:
        raise ValueError("must be addresses or networks, such as 10.0.0.7,10.1.0.0/16") from None


class WebSettings(Section):
    """The API of figures and health, the dashboard and `/metrics`."""

    admin_token: SecretStr | None = Field(None, validation_alias=variable("META_ADS_ADMIN_TOKEN"))
    kpi_tokens: SecretStr | None = Field(None, validation_alias=variable("META_ADS_KPI_TOKENS"))
    cookie_secret: SecretStr | None = Field(
        None, validation_alias=variable("META_ADS_COOKIE_SECRET")
    )
    kpi_wait_seconds: float = Field(
        5.0, ge=0, le=60, validation_alias=variable("META_ADS_KPI_WAIT_SECONDS")
    )
    health_seconds: float = Field(
        10.0, ge=0, le=300, validation_alias=variable("META_ADS_HEALTH_SECONDS")
    )
    rate_limit: int = Field(100, ge=1, validation_alias=variable("META_ADS_RATE_LIMIT"))
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_networks)] = Field(
        (), validation_alias=variable("META_ADS_TRUSTED_PROXIES")
    )
    request_seconds: float = Field(
        10.0, gt=0, le=600, validation_alias=variable("META_ADS_REQUEST_SECONDS")
    )
    connections: int = Field(
        500, ge=10, le=10000, validation_alias=variable("META_ADS_CONNECTIONS")
    )
    connections_per_address: int = Field(
        100, ge=1, le=10000, validation_alias=variable("META_ADS_CONNECTIONS_PER_ADDRESS")
    )
    dagster_url: PlainUrl = Field(
        "http://127.0.0.1:3000", validation_alias=variable("META_ADS_DAGSTER_URL")
    )
    dashboard_url: PlainUrl = Field(
        "http://127.0.0.1:8080", validation_alias=variable("META_ADS_DASHBOARD_URL")
    )
