"""All settings of a process, from its environment and `.env`."""

from pathlib import Path

from pydantic import ValidationError

from orchestration.errors import UsageError
from orchestration.process.private_files import tighten
from orchestration.settings.alerts import AlertSettings
from orchestration.settings.api import ApiSettings
from orchestration.settings.collection import CollectionSettings
from orchestration.settings.env_file import check_file, check_sources
from orchestration.settings.files import FileSettings
from orchestration.settings.places import env_file, other_state
from orchestration.settings.readers import ReaderSettings
from orchestration.settings.retention import RetentionSettings
from orchestration.settings.warehouse import WarehouseSettings
from orchestration.settings.web import WebSettings


class Settings(
    AlertSettings,
    WebSettings,
    ReaderSettings,
    CollectionSettings,
    FileSettings,
    RetentionSettings,
    WarehouseSettings,
    ApiSettings,
):
    """What an operator can set; the defaults are what most want."""


def load_settings() -> Settings:
    """The settings of this process; closes a state folder that other users may open.

    Raises:
        UsageError: as `read_settings`; or the current folder has a state folder that is not used.
    """
    settings = read_settings()
    if "home" not in settings.model_fields_set and (other := other_state()):
        raise UsageError(other_state_text(settings, other))
    tighten(settings.home)
    return settings


def other_state_text(settings: Settings, other: Path) -> str:
    """What a person has to decide who has a state folder where earlier releases kept it."""
    return (
        f"{other} is the state folder of an earlier release, which kept it in the current "
        f"folder; now it is {settings.home}, wherever you are. To go on with the former, set "
        f"META_ADS_HOME={other} (in the environment or in {env_file()}); to use the latter, "
        "move the former away."
    )


def read_settings() -> Settings:
    """The settings of this process, without a look at state folders.

    Raises:
        UsageError: a variable has a value that cannot be used; names the variable, not the value.
            Or `.env` is missing where it is named, cannot be read, belongs to another user, or
            would send a token of the environment elsewhere.
    """
    check_file()
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise UsageError(f"A setting cannot be used: {problems}.") from None
    check_sources(settings.api_url, ("META_ACCESS_TOKEN", "META_APP_SECRET"))
    return settings
