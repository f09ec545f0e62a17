"""What the sections of the settings share: where values come from, and their common forms."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from orchestration.process.current_folder import whole_path
from orchestration.secret_forms import has_userinfo_or_query, looks_secret
from orchestration.settings.places import env_file

PATHS = ("META_ADS_HOME", "META_ADS_SYSTEM_DATA", "META_ADS_CLIENTS")
"""Settings that are paths."""


class _EnvFile(DotEnvSettingsSource):
    """The values of a `.env`; relative paths are below its folder, wherever a command is called."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        folder = Path(str(self.env_file)).parent
        for name in PATHS:
            if isinstance(written := values.get(name), str) and not written.startswith("~"):
                values[name] = str(folder / written)
        return values


class Section(BaseSettings):
    """Settings of one subject."""

    # Not by field names: HOME, which every shell sets, would then be read as `home`.
    # The file only says that one is read: pydantic would look for it in the current folder, which
    # may be closed.
    model_config = SettingsConfigDict(env_file=os.devnull, extra="ignore", env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic hands it over
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the `.env` of the installation's places; none for `_env_file=None`."""
        is_read = getattr(dotenv_settings, "env_file", None) is not None
        files = (_EnvFile(settings_cls, env_file=env_file()),) if is_read else ()
        return init_settings, env_settings, *files


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
    return whole_path(value)


Numbers = Annotated[tuple[float, ...], NoDecode, BeforeValidator(_split_numbers)]
"""Written as `2,4,8`."""
PlainUrl = Annotated[str, AfterValidator(_plain_url)]
"""An http or https address without anything secret, and without a slash at its end."""
AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
