"""What the sections of the settings share: where values come from, and their common forms."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestration.secret_forms import has_userinfo_or_query, looks_secret
from orchestration.settings.env_file import ENV_FILE


class Section(BaseSettings):
    """Settings of one subject."""

    # Not by field names: HOME, which every shell sets, would then be read as `home`.
    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", env_ignore_empty=True)


def variable(name: str) -> Any:
    """The one environment variable that a setting is read from."""
    return AliasChoices(name)


def split_text(value: Any) -> Any:
    """The parts of a text with commas between them."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _split_numbers(value: Any) -> Any:
    try:
        return tuple(map(float, split_text(value))) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be numbers with commas between them, such as 2,4,8") from None


def _plain_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    if has_userinfo_or_query(value) or looks_secret(value):
        raise ValueError(
            "must be an address alone, without user, password, token or query: "
            "it is shown and kept where secrets are not"
        )
    return value.rstrip("/")


def _absolute(value: Path) -> Path:
    """Absolute at once, so that a later change of folder cannot move the state."""
    return value.expanduser().absolute()


Numbers = Annotated[tuple[float, ...], NoDecode, BeforeValidator(_split_numbers)]
"""Written as `2,4,8`."""
PlainUrl = Annotated[str, AfterValidator(_plain_url)]
"""An http or https address without anything secret, and without a slash at its end."""
AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
