"""What is imported before children are forked: all that depends on no environment and no folder."""

import gc
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from orchestration.quality.suites import load_suites

ROOT = Path(__file__).parents[3]
LIBRARIES = (
    "alembic.command",
    "dagster_dbt",
    "dagster._core.execution.execute_in_process",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.storage.noop_compute_log_manager",
    "dagster._core.storage.sqlite_storage",
    "dagster._daemon.controller",
    "dagster_postgres",
    "dbt.adapters.postgres",
    "dbt.cli.main",
    "dbt.parser.schema_yaml_readers",
    "dbt.task.build",
    "google.protobuf.descriptor_pb2",
    "orchestration.defs.runs.execute",
    "orchestration.defs.runs.storage",
    "psycopg2",
    "rich.markdown",
)
"""What commands import late, beside the modules of this project."""
NEEDS_A_WAREHOUSE = ("orchestration.defs.", "orchestration.definitions", "__main__")
"""Parts of the names of modules that read settings or do something as soon as they are imported."""


def modules() -> Iterator[str]:
    """The modules of this project that can be imported by themselves."""
    for module in walk_packages([str(ROOT / "orchestration")], "orchestration."):
        if not any(part in module.name for part in NEEDS_A_WAREHOUSE):
            yield module.name


def preload() -> None:
    """Import what commands import; no thread may run and nothing be open when a child is forked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*LIBRARIES, *modules()):
            import_module(name)
    load_suites()
    threads = [*Path("/proc/self/task").iterdir()]
    assert len(threads) == 1, threads
    gc.collect()
    gc.freeze()
