"""`meta-ads up`: everything that serves people, started and ended together."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import requests
from databases import META_ADS, Warehouse
from parsed_projects import bring_parsed_project
from servers import eventually

BUSY_SECONDS = 2.0
"""Processor time after which Dagster's code server has begun to load, and has not ended."""


@contextmanager
def up(
    warehouse: Warehouse, *, with_dagster: bool = False
) -> Iterator[tuple["subprocess.Popen[str]", str, str, list[psutil.Process]]]:
    """It runs and answers, its Dagster only if told: the process, both addresses, its children.

    The addresses are those that it prints of the free ports which it chose.
    """
    process = started(warehouse)
    family: list[psutil.Process] = []
    try:
        urls = printed(process, "Dagster"), printed(process, "Monitoring")
        assert eventually(lambda: answers(f"{urls[1]}/readyz"))
        # Dagster's own servers take half a minute to start where the machine is busy.
        assert not with_dagster or eventually(lambda: answers(f"{urls[0]}/server_info"), 1200)
        heartbeat = "select count(*) from ops.heartbeats where name = 'cache_refresher'"
        assert eventually(lambda: warehouse.value(heartbeat) == 1)
        family = psutil.Process(process.pid).children(recursive=True)
        yield process, *urls, family
    finally:
        for one in family:
            end(one)
        end(process)
        process.communicate()


def started(warehouse: Warehouse) -> "subprocess.Popen[str]":
    bring_parsed_project(warehouse.url, warehouse.home)
    return subprocess.Popen(
        [META_ADS, "up", "--port", "0", "--health-port", "0"],
        env=warehouse.command_environment({}),
        cwd=warehouse.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def printed(process: "subprocess.Popen[str]", name: str) -> str:
    """The address that it prints behind a name."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.match(rf"{name}: +(http://127\.0\.0\.1:[1-9]\d*)", line):
            return found[1]
    raise AssertionError(f"It ended without an address of {name}")


def end(process: Any) -> None:
    """Kill a process with all that it started meanwhile."""
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(process.pid).children(recursive=True):
            one.kill()
        process.kill()


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_it_serves_dagster_the_dashboard_and_the_refresher_and_ends_all_with_ctrl_c(
    demo: Warehouse,
) -> None:
    with up(demo, with_dagster=True) as (process, dagster, health, family):
        page = requests.get(f"{health}/admin/monitoring", timeout=20)
        assert page.status_code == 200
        # The dashboard knows the Dagster that was started beside it.
        assert f'href="{dagster}' in page.text
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 0
        assert "Traceback" not in said
        assert psutil.wait_procs(family, 1)[1] == []


def test_ctrl_c_while_dagster_loads_ends_all_without_a_traceback(demo: Warehouse) -> None:
    process = started(demo)
    try:
        printed(process, "Monitoring")
        assert eventually(lambda: is_loading(process.pid))
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    finally:
        end(process)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert psutil.wait_procs(family, 5)[1] == []


def is_loading(pid: int) -> bool:
    """Whether the process that loads Dagster's definitions is in the middle of it."""
    family = psutil.Process(pid).children(recursive=True)
    used = [one.cpu_times() for one in family if "orchestration.definitions" in one.cmdline()]
    return any(times.user + times.system > BUSY_SECONDS for times in used)


def test_one_that_ends_by_itself_ends_the_others_and_is_named(demo: Warehouse) -> None:
    with up(demo) as (process, _, _, family):
        (server,) = [one for one in family if "serve" in one.cmdline()]
        server.kill()
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 4
        assert "The health server ended by itself (exit code -9)" in said
        assert psutil.wait_procs(family, 1)[1] == []


def test_its_own_servers_do_not_outlive_it(demo: Warehouse) -> None:
    with up(demo) as (process, _, _, family):
        names = {"serve", "refresh", "serve-dagster"}
        own = [one for one in family if names & {*one.cmdline()}]
        assert len(own) == 3
        process.kill()
        assert psutil.wait_procs(own, 30)[1] == []


def test_a_second_one_is_told_where_the_first_runs_and_starts_nothing(demo: Warehouse) -> None:
    with up(demo) as (process, dagster, health, _):
        second = demo.run("up", "--port", "0", "--health-port", "0")
        assert second.returncode == 2, second.stderr
        assert f"runs already for {demo.home} (process {process.pid})" in second.stderr
        assert dagster in second.stderr
        assert health in second.stderr
        # The default ports are in use as well, which is not the cause.
        assert "is in use" not in demo.run("up").stderr
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        with up(demo) as (again, *_):
            assert again.pid != process.pid
