"""A dbt that loads beside other work runs what it is told to, and otherwise ends."""

import os
from collections.abc import Iterator

import pytest
from databases import Warehouse

from orchestration.settings import Settings
from orchestration.transformation import project, ready_dbt
from orchestration.transformation.project import ensure_manifest, lock_parsing

SECONDS = 120
CASES = [
    (["list", "--resource-type", "seed", "--output", "name"], 0, "conversion_families"),
    # Nothing was built, so the test has nothing to read.
    (["test", "--select", "unique_conversion_families_action_type"], 1, "does not exist"),
    (["list", "--no-such-option"], 2, ""),
]
"""Arguments of dbt, its exit code, and something that it prints."""


@pytest.fixture
def unparsed(warehouse: Warehouse) -> Iterator[Settings]:
    """Settings of a warehouse whose project has to be parsed from nothing."""
    yield warehouse.settings()
    for process, _ in ready_dbt._started:
        process.communicate()
    ready_dbt._started.clear()


@pytest.fixture
def settings(unparsed: Settings) -> Settings:
    """Settings of a warehouse whose project was parsed before."""
    ensure_manifest(unparsed)
    return unparsed


def test_it_runs_dbt_with_its_output_and_exit_code_or_ends(settings: Settings) -> None:
    for arguments, code, printed in CASES:
        ready_dbt.start_dbt(settings)
        process = ready_dbt.take_dbt(["--quiet", *arguments], os.environ)
        assert process
        with process:
            assert process.stdout
            output = process.stdout.read().decode()
        assert process.wait(SECONDS) == code, output
        assert printed in output
        assert ready_dbt.take_dbt(arguments, os.environ) is None
    ready_dbt.start_dbt(settings)
    unused, _ = ready_dbt._started[0]
    unused.communicate()
    assert unused.wait(SECONDS) == 0


def test_one_that_parsed_the_project_before_its_files_changed_is_not_taken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_dbt.start_dbt(settings)
    process, _ = ready_dbt._started[0]
    monkeypatch.setattr(ready_dbt, "project_digest", lambda: "another")
    assert ready_dbt.take_dbt(["list"], os.environ) is None
    assert process.poll() is not None


def test_a_project_that_has_to_be_parsed_from_nothing_is_parsed_once_for_all(
    unparsed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_dbt.start_dbt(unparsed)
    # Whoever needs it now waits for it, and parses nothing.
    monkeypatch.setattr(project, "_parse", lambda *_: pytest.fail("It was parsed again"))
    assert b"dim_clients" in ensure_manifest(unparsed).read_bytes()
    process = ready_dbt.take_dbt(["--quiet", "list", "--resource-type", "seed"], os.environ)
    assert process
    with process:
        assert process.stdout
        assert b"conversion_families" in process.stdout.read()


def test_while_another_parses_the_project_no_process_is_started(unparsed: Settings) -> None:
    lock = lock_parsing(unparsed)
    assert lock
    with lock:
        ready_dbt.start_dbt(unparsed)
        assert ready_dbt._started == []


def test_one_that_is_killed_while_it_parses_leaves_it_to_the_run(unparsed: Settings) -> None:
    ready_dbt.start_dbt(unparsed)
    process, _ = ready_dbt._started[0]
    process.kill()
    process.wait(SECONDS)
    assert b"dim_clients" in ensure_manifest(unparsed).read_bytes()
    # The build then starts a dbt of its own.
    assert ready_dbt.take_dbt(["list"], os.environ) is None
