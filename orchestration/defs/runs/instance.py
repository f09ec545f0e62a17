"""The Dagster instance: where its folder is, what its `dagster.yaml` says, how it is opened."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

log = logging.getLogger(__name__)

WITHOUT_STORAGE = """\
telemetry:
  enabled: false
nux:
  enabled: false
# A slow destination of alerts must not delay the other sensors.
sensors:
  use_threads: true
  num_workers: 4
"""
"""What earlier releases wrote: Dagster then kept its records in SQLite files beside it."""
DAGSTER_YAML = (
    WITHOUT_STORAGE
    + """\
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
)
# A run in the foreground prints its own output. Capturing it would start two processes per step,
# which print tracebacks at Ctrl-C.
COMMAND_LINE_YAML = (
    DAGSTER_YAML
    + """\
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
)


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """The instance at DAGSTER_HOME, or the project's own, for a run of the command line."""
    import dagster as dg

    home = ensure_dagster_home(settings)
    if home != settings.dagster_home or _is_changed(home / "dagster.yaml"):
        return dg.DagsterInstance.get()
    (home / "command_line.yaml").write_text(COMMAND_LINE_YAML, "utf-8")
    return dg.DagsterInstance.from_config(str(home), "command_line.yaml")


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
        config.write_text(DAGSTER_YAML, "utf-8")
    elif config.read_text("utf-8") == WITHOUT_STORAGE:
        config.write_text(DAGSTER_YAML, "utf-8")
        log.warning(
            "Dagster keeps its records in the warehouse from now on. Its earlier runs stay in %s "
            "and are shown no more; schedules and sensors that were turned on or off by hand are "
            "as they are by default.",
            home / "history",
        )
    return home


def _is_changed(config: Path) -> bool:
    """Whether a person changed the file that this project wrote."""
    return config.read_text("utf-8") != DAGSTER_YAML
