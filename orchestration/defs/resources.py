"""The Dagster resources: settings and clients, and dbt."""

import os
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration.clients.model import Client, load_clients
from orchestration.settings import Settings, load_settings
from orchestration.transformation.project import PROJECT_DIR, dbt_environment, dbt_executable
from orchestration.warehouse.migrations import migrate


class MetaAds(dg.ConfigurableResource[object]):
    """Settings and clients. They are read when a step starts, so Dagster stores no secret."""

    def settings(self) -> Settings:
        """Read the settings, and bring the schema of the warehouse up to date."""
        settings = load_settings()
        migrate(settings)
        return settings

    def clients(self) -> list[Client]:
        """Read the clients file."""
        return load_clients(load_settings().clients_file)


class Dbt(DbtCliResource):
    """dbt, which gets the connection to the warehouse when a step starts.

    Two methods of dagster-dbt, which together take four seconds before dbt starts, are replaced.
    """

    def bind(self, settings: Settings) -> None:
        """Set the environment variables that dbt reads; dbt inherits them from this process."""
        os.environ.update(dbt_environment(settings))

    @cached_property
    def _cli_version(self) -> Version:
        """The version of dbt; dagster-dbt would start `dbt --version` to ask for it."""
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002
        """No adapter: dagster-dbt reads row counts and columns with it, which no asset asks for."""
        return None


def resources() -> dict[str, object]:
    """The resources, by the parameter names that assets use."""
    return {
        "meta_ads": MetaAds(),
        "dbt": Dbt(
            project_dir=str(PROJECT_DIR),
            profiles_dir=str(PROJECT_DIR),
            dbt_executable=dbt_executable(),
        ),
    }
