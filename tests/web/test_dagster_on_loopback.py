"""Dagster's web server without a token: this machine may do everything, other sites nothing."""

import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
import worlds
from attacks import ask, in_url, launch, runs, says_hello, websocket
from databases import Warehouse
from servers import HealthServer, dagster_serving, eventually
from websockets.exceptions import InvalidStatus

EVIL = "https://evil.example"
JSON = {"Content-Type": "application/json"}
DAEMONS = (
    "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy lastHeartbeatTime } } } }"
)


@pytest.fixture(scope="module")
def dagster(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    with dagster_serving(world) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("another-site", JSON | {"Origin": EVIL}),
        ("a-sandboxed-frame", JSON | {"Origin": "null"}),
        ("another-port", JSON | {"Origin": "http://127.0.0.1:9"}),
        ("no-origin", JSON | {"Sec-Fetch-Site": "cross-site"}),
        ("no-origin-of-another-port", JSON | {"Sec-Fetch-Site": "same-site"}),
        ("rebound", JSON | {"Host": "evil.example"}),
        ("rebound-in-full", JSON | {"Host": "evil.example", "Origin": "http://evil.example"}),
        ("text", {"Content-Type": "text/plain"}),
        ("form", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("json-in-name", {"Content-Type": "text/plain; application/json"}),
        ("graphql", {"Content-Type": "application/graphql"}),
        ("nothing", {"Content-Type": ""}),
    ],
)
def test_no_page_of_another_site_launches_a_run(
    name: str, headers: dict[str, str], dagster: HealthServer
) -> None:
    body = launch(dagster, name)
    url = f"{dagster.url}/graphql"
    in_body = requests.post(url, json=body, headers=headers, timeout=20)
    in_query = requests.post(f"{url}?{in_url(body)}", headers=headers, timeout=20)
    assert {in_body.status_code, in_query.status_code} <= {403, 415}
    assert runs(dagster, name) == []


@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/%67raphql"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_get_neither_changes_nor_reads_anything(
    method: str, path: str, dagster: HealthServer
) -> None:
    name = f"by-{method}-{path}"
    for query in (in_url(launch(dagster, name)), "query={version}"):
        answer = requests.request(method, f"{dagster.url}{path}?{query}", timeout=20)
        assert answer.status_code == 405
    assert runs(dagster, name) == []


def test_dagsters_own_page_launches_a_run_that_the_daemon_starts(dagster: HealthServer) -> None:
    own_page = {"Origin": dagster.url, "Sec-Fetch-Site": "same-origin"}
    body = launch(dagster, "page")
    answer = requests.post(f"{dagster.url}/graphql", json=body, headers=own_page, timeout=20)
    result = answer.json()["data"]["launchRun"]
    assert result["__typename"] == "LaunchRunSuccess", result
    assert eventually(lambda: [run["status"] for run in runs(dagster, "page")] == ["SUCCESS"], 600)
    daemons = ask(dagster, DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert {daemon["daemonType"] for daemon in daemons if daemon["lastHeartbeatTime"]} >= {
        "SENSOR",
        "SCHEDULER",
        "QUEUED_RUN_COORDINATOR",
    }


def test_a_foreign_host_name_that_points_here_reads_nothing(dagster: HealthServer) -> None:
    port = dagster.url.rpartition(":")[2]
    for host in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert dagster.get("/server_info", headers={"Host": host}).status_code == 200, host
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "[", ""):
        for path in ("/", "/server_info", "/logs/a/b.err"):
            answer = dagster.get(path, headers={"Host": host})
            assert answer.status_code in (400, 403), host


def test_another_site_may_link_here_and_load_nothing(dagster: HealthServer) -> None:
    link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    frame = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    script = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    for site in ("cross-site", "same-site"):
        sent = {"Sec-Fetch-Site": site}
        followed = dagster.get("/runs", headers=sent | link)
        assert followed.status_code == 200
        assert followed.headers["x-frame-options"] == "DENY"
        for wanted in (frame, script):
            assert dagster.get("/runs", headers=sent | wanted).status_code == 403


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        (EVIL, {}),
        ("null", {}),
        ("http://127.0.0.1:9", {}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
        ("http://evil.example", {"Host": "evil.example"}),
    ],
)
def test_a_websocket_is_opened_by_dagsters_own_page_only(
    origin: str | None, headers: dict[str, str], dagster: HealthServer
) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        websocket(dagster, origin, **headers)
    with websocket(dagster, dagster.url) as own:
        assert says_hello(own)


def test_nothing_else_of_it_can_be_reached(dagster: HealthServer) -> None:
    family = [psutil.Process(dagster.process.pid)]
    family += family[0].children(recursive=True)
    connections = [c for process in family for c in process.net_connections("all")]
    listening = [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
    assert [f"http://{at.ip}:{at.port}" for at in listening] == [dagster.url]
    sockets = [Path(str(c.laddr)) for c in connections if isinstance(c.laddr, str) and c.laddr]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in sockets if path.exists()}
    # Those of the code server; to connect takes the right to write.
    assert modes == {0o700}


def test_a_daemon_that_ends_by_itself_ends_all_of_it_and_is_named(
    world: Warehouse, dagster: HealthServer
) -> None:
    family = psutil.Process(dagster.process.pid).children(recursive=True)
    (daemon,) = [
        process for process in family if "orchestration.defs.ui.daemon" in process.cmdline()
    ]
    daemon.kill()
    assert dagster.process.wait(30) == 4
    said = (world.home / "dagster.log").read_text("utf-8")
    assert "Dagster's daemon ended by itself (exit code -9)" in said
    assert psutil.wait_procs(family, 10)[1] == []
