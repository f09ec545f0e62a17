"""A killed or interrupted run leaves whole marts; the next one ends as if undisturbed."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from places import (
    DAY_BEFORE,
    DumpedTables,
    Place,
    dump_marts,
    receipts_that_disagree,
)

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

SAVED = "end_to_end_day_before"
INTERRUPTED = 130
MOST_SECONDS = 120
INSTANTS = {
    "a batch was opened": "select max(batch_id) from ops.batches",
    "rows were staged": "select max(receipt_id) from ops.receipts where state = 'received'",
    "the build is running": "select max(build_id) from ops.builds",
    "candidates are built": (
        "select max(build_id) from ops.build_nodes where node like 'candidate%'"
    ),
    "it was published": "select max(publication_id) from ops.publications",
}
"""Numbers that grow when the run reaches the instant."""


@dataclass
class Undisturbed:
    """The marts of the day before, those that a run of the next day makes of them, and where."""

    place: Place
    home: Path
    environment: dict[str, str]
    before: DumpedTables
    after: DumpedTables

    @contextmanager
    def yesterday(self) -> Iterator[Any]:
        """The warehouse as the run of the day before left it."""
        with self.place.warehouse(self.home, self.environment, like=SAVED) as warehouse:
            yield warehouse


@pytest.fixture(scope="module")
def undisturbed(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Undisturbed]:
    home = tmp_path_factory.mktemp("kill")
    clients = write_clients(
        home / "clients.yml",
        *(
            f"client_id: c{n}, name: C{n}, ad_account_id: act_{n}, starts_on: 2026-10-20"
            for n in (1001, 1004, 1007)
        ),
    )
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    place = Place(server, template)
    with place.warehouse(home, environment) as warehouse:
        done = warehouse.run("run", META_ADS_NOW=DAY_BEFORE)
        assert done.returncode == 0, done.stderr
        place.save(SAVED)
        before = dump_marts(warehouse)
        done = warehouse.run("run")
        assert done.returncode == 0, done.stderr
        after = dump_marts(warehouse)
    assert before != after
    yield Undisturbed(place, home, environment, before, after)
    place.forget(SAVED)


@contextmanager
def running(warehouse: Warehouse) -> Iterator["Popen[str]"]:
    """`meta-ads run` in a process group of its own; nothing of it outlives the block."""
    process = Popen(
        ["meta-ads", "run"],
        env=warehouse.command_environment({}),
        cwd=warehouse.home,
        stdout=DEVNULL,
        stderr=PIPE,
        text=True,
        start_new_session=True,
        executable=_meta_ads(),
    )
    try:
        yield process
    finally:
        kill_group(process)


def _meta_ads() -> str:
    import sys

    return str(Path(sys.executable).with_name("meta-ads"))


def kill_group(process: "Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def alive(group: int) -> list[str]:
    """The processes of a group that run, without those that nobody has asked how they ended."""
    running = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, rest = path.read_text("utf-8").rsplit(")", 1)
            state, _, of_group, *_ = rest.split()
            if int(of_group) == group and state != "Z":
                running.append(f"{name}) {state}")
    return running


def wait_for(warehouse: Warehouse, process: "Popen[str]", instant: str, before: Any) -> None:
    """Until the run has reached the instant."""
    deadline = time.monotonic() + MOST_SECONDS
    while (warehouse.value(INSTANTS[instant]) or 0) <= (before or 0):
        if process.poll() is not None:
            pytest.fail(f"The run ended before this instant: {instant}")
        assert time.monotonic() < deadline, instant
        time.sleep(0.01)


def assert_whole(undisturbed: Undisturbed, warehouse: Warehouse) -> None:
    """The marts of one of the two days, as far as they are published, never a mixture."""
    published = {
        name: warehouse.rows(f"select (to_jsonb(t) - 'publication_id')::text from {name} as t")
        for name in ("published.daily_campaign_performance", "published.monthly_campaign_metrics")
    }
    newest = {
        "published.daily_campaign_performance": "select max(date_day) from "
        "published.daily_campaign_performance where client_id = 'c1001'",
    }
    assert all(published.values())
    assert newest
    marts = dump_marts(warehouse)
    # States and completeness follow the receipts; the figures are those of one publication.
    names = ("marts.monthly_conversion_metrics", "marts.daily_campaign_performance")
    found = [_figures(marts, name) for name in names]
    assert found in (
        [_figures(undisturbed.before, name) for name in names],
        [_figures(undisturbed.after, name) for name in names],
    )


def _figures(marts: DumpedTables, name: str) -> set[tuple[tuple[str, Any], ...]]:
    import json

    states = {"month_state", "is_complete"}
    return {
        tuple(sorted((k, v) for k, v in json.loads(row).items() if k not in states))
        for row in marts[name]
    }


def assert_healed(undisturbed: Undisturbed, warehouse: Warehouse) -> None:
    done = warehouse.run("run")
    assert done.returncode == 0, done.stderr
    assert dump_marts(warehouse) == undisturbed.after
    assert receipts_that_disagree(warehouse) == []
    assert warehouse.value("select count(*) from ops.builds where state = 'running'") == 0


def test_killed_at_any_instant_the_next_run_ends_as_if_undisturbed(
    undisturbed: Undisturbed,
) -> None:
    with undisturbed.yesterday() as warehouse:
        for instant, question in INSTANTS.items():
            before = warehouse.value(question)
            with running(warehouse) as process:
                wait_for(warehouse, process, instant, before)
                kill_group(process)
            assert_whole(undisturbed, warehouse)
            if instant == "a batch was opened":
                # Lost between question and answer: nothing was received for it.
                assert receipts_that_disagree(warehouse) == []
        assert_healed(undisturbed, warehouse)


def test_with_only_its_main_process_killed_a_build_that_lives_on_harms_no_later_run(
    undisturbed: Undisturbed,
) -> None:
    with undisturbed.yesterday() as warehouse:
        before = warehouse.value(INSTANTS["the build is running"])
        with running(warehouse) as process:
            wait_for(warehouse, process, "the build is running", before)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            # Its dbt may still be at work here.
            assert_healed(undisturbed, warehouse)


def test_an_interrupt_ends_with_130_and_whole_marts(undisturbed: Undisturbed) -> None:
    with undisturbed.yesterday() as warehouse:
        before = warehouse.value(INSTANTS["candidates are built"])
        published = warehouse.value(INSTANTS["it was published"])
        with running(warehouse) as process:
            wait_for(warehouse, process, "candidates are built", before)
            # As a service manager does; a terminal tells dbt, too.
            os.kill(process.pid, signal.SIGINT)
            told_at = time.monotonic()
            _, said = process.communicate(timeout=60)
            seconds = time.monotonic() - told_at
            # Its dbt ends with it, and publishes nothing later.
            while alive(process.pid):
                assert time.monotonic() < told_at + seconds + 5, alive(process.pid)
                time.sleep(0.01)
        assert process.returncode == INTERRUPTED, said
        assert "Interrupted." in said.splitlines()[-1]
        assert "Traceback" not in said
        # On a quiet machine it is half a second; left alone, dbt takes ten.
        assert seconds < 5
        assert warehouse.value(INSTANTS["it was published"]) == published
        assert_whole(undisturbed, warehouse)
        assert_healed(undisturbed, warehouse)
