"""Settings of files: where the project keeps its state, and where the clients file is."""

from functools import cached_property
from pathlib import Path

from pydantic import Field

from orchestration.settings.places import clients_file, default_home
from orchestration.settings.section import AbsolutePath, Section, variable


class FileSettings(Section):
    """Files and folders.

    A relative path of the environment is below the folder that the command is called in, one of
    `.env` below the folder of that file.
    """

    home: AbsolutePath = Field(
        default_factory=default_home, validation_alias=variable("META_ADS_HOME")
    )
    system_data: AbsolutePath = Field(
        Path("/var/lib/meta-ads-warehouse"), validation_alias=variable("META_ADS_SYSTEM_DATA")
    )
    clients_file: AbsolutePath = Field(
        default_factory=clients_file, validation_alias=variable("META_ADS_CLIENTS")
    )

    @cached_property
    def dagster_home(self) -> Path:
        """Where the Dagster instance lives when DAGSTER_HOME does not say otherwise."""
        return self.home / "dagster"

    @cached_property
    def dbt_target(self) -> Path:
        """dbt's artifacts: manifest, run results, compiled SQL."""
        return self.home / "dbt" / "target"
