"""The Dagster resources: settings and clients, and dbt."""

import os
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation, DbtCliResource
from packaging.version import Version

from orchestration.clients.model import Client, load_clients
from orchestration.defs.transformation.manifest import MANIFEST
from orchestration.defs.transformation.translator import TestsOfBuilds
from orchestration.settings import Settings, load_settings
from orchestration.transformation.project import (
    PROJECT_DIR,
    dbt_environment,
    dbt_executable,
    project_digest,
)
from orchestration.transformation.ready_dbt import take_dbt
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
        os.environ.update(dbt_environment(settings, project_digest()))

    def run_ready(
        self, arguments: Sequence[str], context: dg.AssetExecutionContext, target_path: Path
    ) -> DbtCliInvocation | None:
        """Run all of the project in the dbt that got ready meanwhile; None where there is none."""
        folders = {
            "DBT_PROJECT_DIR": self.project_dir,
            "DBT_TARGET_PATH": str(target_path),
            "DBT_LOG_PATH": str(target_path),
        }
        environment = {"DAGSTER_DBT_CLI": "true", "DBT_LOG_FORMAT": "json"}
        if (process := take_dbt(arguments, os.environ | folders | environment)) is None:
            return None
        return DbtCliInvocation(
            process=process,
            manifest=MANIFEST,
            dagster_dbt_translator=TestsOfBuilds(),
            project_dir=PROJECT_DIR,
            target_path=target_path,
            raise_on_error=False,
            cli_version=self._cli_version,
            context=context,
        )

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
