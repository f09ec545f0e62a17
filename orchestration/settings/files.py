"""Settings of files: where the project keeps its state, and where the clients file is."""

from functools import cached_property
from pathlib import Path

from pydantic import Field

from orchestration.settings.section import AbsolutePath, Section, variable


class FileSettings(Section):
    """Files and folders; relative paths are below the folder that the command is called in."""

    home: AbsolutePath = Field(Path(".meta-ads"), validation_alias=variable("META_ADS_HOME"))
    system_data: AbsolutePath = Field(
        Path("/var/lib/meta-ads-warehouse"), validation_alias=variable("META_ADS_SYSTEM_DATA")
    )
    clients_file: AbsolutePath = Field(
        Path("clients.yml"), validation_alias=variable("META_ADS_CLIENTS")
    )

    @cached_property
    def dagster_home(self) -> Path:
        """Where the Dagster instance lives when DAGSTER_HOME does not say otherwise."""
        return self.home / "dagster"

    @cached_property
    def dbt_target(self) -> Path:
        """dbt's artifacts: manifest, run results, compiled SQL."""
        return self.home / "dbt" / "target"
