"""Dagster resources that bind the layers below: settings, clients and dbt."""

import os

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.clients.model import Client, load_clients
from orchestration.settings import Settings, load_settings
from orchestration.transformation.project import PROJECT_DIR, dbt_environment, dbt_executable
from orchestration.warehouse.migrations import migrate


class MetaAds(dg.ConfigurableResource[object]):
    """Settings and clients, read from the environment when a step starts: no secret is stored."""

    def settings(self) -> Settings:
        """The settings of this process, with the warehouse reachable and its schema up to date."""
        settings = load_settings()
        migrate(settings)
        return settings

    def clients(self) -> list[Client]:
        """The clients of the clients file."""
        return load_clients(load_settings().clients_file)


class Dbt(DbtCliResource):
    """dbt, with the warehouse's connection handed over when a step starts."""

    def bind(self, settings: Settings) -> None:
        """Put what dbt reads into the environment of this process, from which dbt is started."""
        os.environ.update(dbt_environment(settings))


def resources() -> dict[str, object]:
    """The resources by the names under which assets ask for them."""
    return {
        "meta_ads": MetaAds(),
        "dbt": Dbt(
            project_dir=str(PROJECT_DIR),
            profiles_dir=str(PROJECT_DIR),
            dbt_executable=dbt_executable(),
        ),
    }
