"""Runs dbt in the process of the tests."""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from databases import Warehouse

from orchestration.transformation.project import CHANGES_ONLY, PROJECT_DIR
from orchestration.warehouse.connection import connect, libpq_environment, role_of

EVERYTHING_BUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
WITHOUT_VIEWS = ("--exclude", "path:models/marts", "path:models/staging")

PROJECT = "the project of the tests"
"""Stands for the digest of the project's files, which a build that made every model leaves."""

PARSED = {".sql", ".yml"}
"""Files that change what is parsed; lines of seeds are read by each build."""
PARSED_BEFORE = "partial_parse.msgpack"
_manifests: dict[tuple[Path, int, Path, str], Any] = {}
"""Parsed projects, by folder, latest change, folder of artifacts and database, which is named."""
Once = Callable[[str, Callable[[], None]], None]
"""`once(name, make)`: the warehouse as `make` leaves it, which runs for one test alone."""


@dataclass(frozen=True)
class Ended:
    """How an invocation of dbt ended."""

    exit_code: int
    statuses: Mapping[str, str]
    messages: Mapping[str, str]
    error: str

    def those(self, *statuses: str) -> set[str]:
        """The nodes with one of these statuses."""
        return {name for name, status in self.statuses.items() if status in statuses}


@dataclass
class Dbt:
    """Runs dbt in this process, as often as one likes, one at a time."""

    warehouse: Warehouse
    target: Path
    project: Path = PROJECT_DIR
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Ended:
        """`dbt …` with its exit code."""
        from dbt.cli.main import dbtRunner

        with self.environment(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            manifest = self._manifest(arguments)
            done = dbtRunner(manifest=manifest).invoke(
                [
                    *arguments,
                    # It words every event, and leaves out the quiet ones afterwards.
                    "--log-level",
                    "none",
                    # A third of a build's time; nobody reads the artifacts but `docs generate`.
                    *(("--no-write-json",) if arguments[0] == "build" else ()),
                    "--project-dir",
                    str(self.project),
                    "--log-level-file",
                    "none",
                ]
            )
        results = getattr(done.result, "results", [])
        return Ended(
            0 if done.success else 1 if done.exception is None else 2,
            {_name(r.node): str(r.status) for r in results},
            {_name(r.node): str(r.message) for r in results},
            str(done.exception or ""),
        )

    def _manifest(self, arguments: Sequence[str]) -> Any:
        """The parsed project, for a command that runs nodes; None where dbt parses it itself."""
        from dbt.cli.main import dbtRunner

        if arguments[0] not in ("build", "run", "test"):
            return None
        files = (path for path in self.project.rglob("*") if path.suffix in PARSED)
        changed = max(path.stat().st_mtime_ns for path in files)
        key = self.project, changed, self.target, self.warehouse.url.rpartition("/")[2]
        if key not in _manifests:
            parse = ["parse", "--quiet", "--project-dir", str(self.project)]
            _manifests[key] = dbtRunner().invoke([*parse, "--log-level-file", "none"]).result
        whole = _manifests[key]
        return _without_tests(whole) if EVERYTHING_BUT_TESTS[1] in arguments else whole

    def over_a_copy(self, folder: Path) -> "Dbt":
        """dbt over a copy of the project, whose files a test may change before the first build."""
        ignored = shutil.ignore_patterns("target", "logs")
        shutil.copytree(self.project, folder / "project", ignore=ignored)
        (folder / "target").mkdir()
        if (self.target / PARSED_BEFORE).exists():
            # So that only what the test changes is parsed.
            shutil.copy2(self.target / PARSED_BEFORE, folder / "target")
        return replace(self, project=folder / "project", target=folder / "target")

    def build(self, *arguments: str) -> Ended:
        """`dbt build` of what changes rows: no tests, and no views, which are there already."""
        return self("build", *EVERYTHING_BUT_TESTS, *WITHOUT_VIEWS, *arguments)

    def build_with_views(self, *arguments: str) -> Ended:
        """`dbt build` without the tests."""
        return self("build", *EVERYTHING_BUT_TESTS, *arguments)

    def build_hourly(self, *arguments: str) -> Ended:
        """`dbt build` as Dagster runs it where not everything is built anew, with its tests."""
        return self("build", *CHANGES_ONLY, *arguments)

    @contextmanager
    def environment(self) -> Iterator[None]:
        """What dbt reads of the environment, set for a while."""
        changes = self.variables()
        before = {name: os.environ.get(name) for name in changes}
        os.environ.update(changes)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def variables(self) -> dict[str, str]:
        """The same for a child process."""
        settings = self.warehouse.settings(**self.options)
        with connect(settings) as connection:
            role = role_of(connection, "transformer")
        return libpq_environment(settings, **{"meta_ads.project": PROJECT}) | {
            "META_ADS_DBT_ROLE": role,
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.warehouse.home / "logs"),
            "DO_NOT_TRACK": "1",
        }


def _without_tests(manifest: Any) -> Any:
    """The same project as if it had none: dbt would link all of them before it leaves them out."""
    kept = {key: node for key, node in manifest.nodes.items() if node.resource_type != "test"}
    return replace(manifest, nodes=kept, unit_tests={})


def _name(node: Any) -> str:
    return str(node.name)
