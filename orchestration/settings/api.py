"""Settings of Meta's API: where it is, with which tokens, and how patiently it is asked."""

import os
from typing import Annotated

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr

from orchestration.settings.env_file import META_URL, check_sources, is_loopback
from orchestration.settings.places import env_file
from orchestration.settings.section import Numbers, PlainUrl, Section, variable


def _encrypted(value: str) -> str:
    """The token goes there with every call."""
    if not value.startswith("https://") and not is_loopback(value):
        raise ValueError(
            "must start with https://, because the token is sent there; http:// is for an "
            "address of this machine only, such as http://127.0.0.1:8090"
        )
    return value


def _pauses(value: tuple[float, ...]) -> tuple[float, ...]:
    if any(not 0 <= seconds <= 3600 for seconds in value):
        raise ValueError("each pause is a number of seconds from 0 to 3600")
    return value


class ApiSettings(Section):
    """Meta's Marketing API."""

    access_token: SecretStr | None = Field(None, validation_alias=variable("META_ACCESS_TOKEN"))
    app_secret: SecretStr | None = Field(None, validation_alias=variable("META_APP_SECRET"))
    api_url: Annotated[PlainUrl, AfterValidator(_encrypted)] = Field(
        META_URL, validation_alias=variable("META_API_URL")
    )
    api_version: str = Field(
        "v26.0", pattern=r"^v\d+\.\d+$", validation_alias=variable("META_API_VERSION")
    )
    concurrency: int = Field(4, ge=1, le=64, validation_alias=variable("META_ADS_CONCURRENCY"))
    call_budget: int = Field(5000, ge=1, validation_alias=variable("META_ADS_CALL_BUDGET"))
    wait_budget_seconds: float = Field(
        900.0, ge=0, le=86400, validation_alias=variable("META_ADS_WAIT_BUDGET")
    )
    retry_delays: Annotated[Numbers, AfterValidator(_pauses)] = Field(
        (2.0, 4.0, 8.0), validation_alias=variable("META_ADS_RETRY_DELAYS")
    )
    """Seconds between attempts, also of short work that the warehouse broke off."""

    def token(self, name: str | None) -> SecretStr | None:
        """The token of a client: in its own variable where it names one, else the common one."""
        if name is None:
            return self.access_token
        value = os.environ.get(name) or dotenv_values(env_file()).get(name)
        check_sources(self.api_url, [name])
        return SecretStr(value) if value else None
