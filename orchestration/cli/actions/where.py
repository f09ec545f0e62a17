"""What `meta-ads where` does: name each place of state and settings, and say what is there."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from orchestration.cli.demo import has_demo_data
from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.tables import plain_table
from orchestration.settings import Settings, read_settings
from orchestration.settings.places import (
    clients_files,
    env_file,
    env_files,
    other_state,
)
from orchestration.shipped_files import CODE, DOCS, checkout
from orchestration.transformation.project import PROJECT_DIR
from orchestration.warehouse.connection import display_url
from orchestration.warehouse.embedded.server import EmbeddedServer

SECRETS = {"META_ACCESS_TOKEN": "access_token", "META_ADS_ADMIN_TOKEN": "admin_token"}
"""Settings of which is said where they come from, and never what they are."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A file, a folder or a setting: where it is, and whether it is there."""

    name: str
    at: str
    is_there: bool
    source: str
    looked_at: Sequence[str] = ()


def show_places(*, as_json: bool) -> None:
    """Print every place, without a secret; nothing is started, made or asked."""
    settings = read_settings()
    places = [*_files(settings), _warehouse(settings), *_secrets(settings)]
    other = other_state() if "home" not in settings.model_fields_set else None
    if as_json:
        document = {"places": places, "is_demo": has_demo_data(settings), "unused_state": other}
        print_document(document)
        return
    table = plain_table(("what", "where", "", "because"))
    for place in places:
        table.add_row(place.name, place.at, "there" if place.is_there else "absent", place.source)
    listing_console().print(table)
    if has_demo_data(settings):
        say("The data of this state folder are the demo's.")
    if other:
        say(f"Not used: {other}, the state folder of an earlier release in the current folder.")


def _files(settings: Settings) -> list[Place]:
    root = checkout()
    home_source = f"of the checkout {root}" if root else "of this user"
    shipped = "of the checkout" if root else "of the package"
    return [
        _place("program", CODE, "a checkout" if root else "an installed package"),
        _place("dbt project", PROJECT_DIR, shipped),
        _place("docs", DOCS, shipped),
        _place("state folder", settings.home, _source("META_ADS_HOME", home_source)),
        _place("settings", env_file(), _of_several("META_ADS_ENV_FILE", env_files()), env_files()),
        _place(
            "clients file",
            settings.clients_file,
            _of_several("META_ADS_CLIENTS", clients_files()),
            clients_files() if "clients_file" not in settings.model_fields_set else (),
        ),
        _place(
            "Dagster",
            Path(os.environ.get("DAGSTER_HOME", settings.dagster_home)),
            _source("DAGSTER_HOME", "of the state folder"),
        ),
        _place("dbt's results", settings.dbt_target, "of the state folder"),
        _place("log", settings.home / "logs" / "last_run.log", "of the state folder"),
    ]


def _warehouse(settings: Settings) -> Place:
    if settings.warehouse_url is not None:
        address = display_url(settings.warehouse_url.get_secret_value())
        return Place(
            name="warehouse", at=address, is_there=True, source=_source("WAREHOUSE_URL", "")
        )
    data = EmbeddedServer(settings.home, settings.system_data).status().data_dir
    return _place("warehouse", data, "the embedded server, without WAREHOUSE_URL")


def _secrets(settings: Settings) -> list[Place]:
    return [
        Place(
            name=variable,
            at="not shown" if getattr(settings, field) else "",
            is_there=getattr(settings, field) is not None,
            source=_source(variable, "set nowhere"),
        )
        for variable, field in SECRETS.items()
    ]


def _place(name: str, path: Path, source: str, looked_at: Sequence[Path] = ()) -> Place:
    return Place(
        name=name,
        at=str(path),
        is_there=path.exists(),
        source=source,
        looked_at=[str(candidate) for candidate in looked_at],
    )


def _source(variable: str, otherwise: str) -> str:
    """Where a setting comes from: the environment, the file of settings, or its default."""
    if os.environ.get(variable):
        return f"{variable} of the environment"
    return f"{variable} of {env_file()}" if _is_in_file(variable) else otherwise


def _of_several(variable: str, candidates: Sequence[Path]) -> str:
    if len(candidates) == 1:
        return _source(variable, "looked for there only")
    return _source(variable, f"the first of {', '.join(map(str, candidates))}")


def _is_in_file(variable: str) -> bool:
    path = env_file()
    return path.is_file() and bool(dotenv_values(path).get(variable))
