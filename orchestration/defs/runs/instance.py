"""The Dagster instance: where its folder is, what its `dagster.yaml` says, how it is opened."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

log = logging.getLogger(__name__)

EARLIER: tuple[Mapping[str, Any], ...] = (
    {"telemetry": {"enabled": False}},
    {"telemetry": {"enabled": False}, "nux": {"enabled": False}},
    {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "sensors": {"use_threads": True, "num_workers": 4},
    },
)
"""What earlier releases wrote: Dagster then kept its records in SQLite files beside it."""
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
# A slow destination of alerts must not delay the other sensors.
sensors:
  use_threads: true
  num_workers: 4
# Runs, events and ticks are kept in the warehouse, in the schema dagster_records.
storage:
  custom:
    module: orchestration.defs.runs.storage
    class: WarehouseStorage
    config: {}
# In days; a tick that did nothing is written once or twice a minute by each sensor.
retention:
  schedule:
    purge_after_days: 30
  sensor:
    purge_after_days:
      skipped: 2
      success: 30
      failure: 30
"""
COMMAND_LINE = "command_line.yaml"
WITHOUT_CAPTURE = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""A run in the foreground prints its own output. Capturing it would start two processes per step,
which print tracebacks at Ctrl-C."""


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """The instance at DAGSTER_HOME, or the project's own, for a run of the command line."""
    import dagster as dg

    home = ensure_dagster_home(settings)
    if home != settings.dagster_home:
        return dg.DagsterInstance.get()
    config = yaml.safe_load((home / "dagster.yaml").read_text("utf-8")) or {}
    _write(home / COMMAND_LINE, yaml.safe_dump(config | WITHOUT_CAPTURE))
    return dg.DagsterInstance.from_config(str(home), COMMAND_LINE)


def ensure_dagster_home(settings: Settings) -> Path:
    """The folder of the Dagster instance: DAGSTER_HOME, else the project's own, which is made.

    A `dagster.yaml` that an earlier release wrote is replaced; one that a person changed stays.
    """
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(settings.dagster_home)))
    if home != settings.dagster_home:
        return home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        _write(config, DAGSTER_YAML)
    elif yaml.safe_load(config.read_text("utf-8")) in EARLIER:
        _write(config, DAGSTER_YAML)
        log.warning(
            "Dagster keeps its records in the warehouse from now on. Its earlier runs stay in %s "
            "and are shown no more; schedules and sensors that were turned on or off by hand are "
            "as they are by default.",
            home / "history",
        )
    return home


def _write(path: Path, text: str) -> None:
    """Write a file that another process may be reading."""
    if path.is_file() and path.read_text("utf-8") == text:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.replace(path)
