"""Who may read what: without a token, from another site, and with too many requests."""

import json
import socket
import subprocess
from collections.abc import Iterator

import pytest
import requests
import worlds
from addresses import calls_from
from databases import META_ADS, Warehouse
from servers import TOKEN, HealthServer, serving

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


@pytest.fixture(scope="module")
def guarded(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    with serving(world, TOKEN) as server:
        yield server


@pytest.fixture(scope="module")
def unguarded(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    with serving(world) as server:
        yield server


def all_paths(server: HealthServer) -> list[str]:
    """Every path that the server says it has, and those that it does not tell."""
    described = server.get("/openapi.json").json()["paths"]
    paths = [path.replace("{client_id}", "acme") for path in described]
    assert "/api/admin/data-health" in paths
    assert "/metrics" in paths
    pages = [
        "/admin/monitoring",
        "/admin/monitoring/clients/acme",
        "/admin/runbook",
        "/admin/login",
    ]
    more = ["/openapi.json", "/static/dashboard.css", "/nowhere", "/docs", "/redoc", "/"]
    return [*paths, *pages, *more]


STRANGERS = [
    {},
    {"Authorization": "Bearer wrong-token-of-some-length"},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": f"Bearer {TOKEN[:-1]}"},
    {"Cookie": "meta_ads_session=eyJub25jZSI6IngifQ.aaaa.bbbb"},
]


@pytest.mark.parametrize("number", range(len(STRANGERS)))
def test_nothing_but_the_signs_of_life_answers_without_a_right_token(
    number: int, guarded: HealthServer
) -> None:
    # Each from its own address, because an address with too many wrong tokens has to wait.
    with calls_from(f"127.0.0.{number + 2}") as session:
        for path in all_paths(guarded):
            answer = session.get(f"{guarded.url}{path}", headers=STRANGERS[number], timeout=20)
            is_open = path in ("/healthz", "/readyz")
            assert answer.status_code == (200 if is_open else 401), path
            if not is_open:
                assert answer.headers["www-authenticate"] == "Bearer"
                assert list(answer.json()) == ["error"]


def test_guessing_is_slowed_down_and_the_right_token_still_passes(world: Warehouse) -> None:
    with serving(world, TOKEN) as fresh:
        guesses = [
            requests.get(
                f"{fresh.url}/metrics", headers={"Authorization": f"Bearer {n}"}, timeout=20
            ).status_code
            for n in range(30)
        ]
        assert guesses[0] == 401
        assert guesses[-1] == 429
        assert fresh.get("/api/admin/data-health").status_code == 200


def test_asking_for_the_form_is_no_guess_of_the_token(world: Warehouse) -> None:
    with serving(world, TOKEN) as fresh:
        codes = {
            requests.get(
                f"{fresh.url}/admin/monitoring", headers={"Accept": "text/html"}, timeout=20
            ).status_code
            for _ in range(30)
        }
    assert codes == {401}


def test_every_answer_carries_the_security_headers(guarded: HealthServer) -> None:
    for path in all_paths(guarded):
        answer = guarded.get(path, allow_redirects=False)
        headers = {name: answer.headers.get(name) for name in SECURITY_HEADERS}
        assert headers == SECURITY_HEADERS, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    assert guarded.get("/api/admin/data-health").headers["cache-control"] == "private, no-store"


def test_without_a_token_only_this_machine_is_answered_by_its_own_name(
    unguarded: HealthServer,
) -> None:
    port = unguarded.url.rpartition(":")[2]
    for host in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        answer = unguarded.get("/api/admin/data-health", headers={"Host": host})
        assert answer.status_code == 200, host
    bearer = {"Authorization": "Bearer a-token-that-nobody-set"}
    assert unguarded.get("/api/admin/data-health", headers=bearer).status_code == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "[", ""):
        answer = unguarded.get("/api/admin/data-health", headers={"Host": host})
        assert answer.status_code in (400, 403), host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "some.name"])
def test_without_a_token_the_server_does_not_listen_beyond_loopback(
    host: str, world: Warehouse
) -> None:
    # `up` asks the same, and takes seconds to load Dagster.
    also = [["up", "--health-host", host], ["up", "--host", host]] if host == "::" else []
    for command in (["serve", "--host", host], *also):
        done = world.run(*command, META_ACCESS_TOKEN="so that it is set up")
        assert done.returncode == 2
        assert "META_ADS_ADMIN_TOKEN" in done.stderr
        assert "Traceback" not in done.stderr


def test_with_a_token_it_listens_where_the_options_say(world: Warehouse) -> None:
    done = subprocess.Popen(
        [META_ADS, "serve", "--host", "0.0.0.0", "--port", "0", "--exit-with-parent"],
        env=world.command_environment({"META_ADS_ADMIN_TOKEN": TOKEN}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout is not None
    assert done.stdout.readline().startswith("listening on http://0.0.0.0:")
    done.terminate()
    done.communicate(timeout=30)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"META_ADS_ADMIN_TOKEN": "short"}, "fewer than 16 characters"),
        ({"META_ADS_KPI_TOKENS": "a-long-enough-token=acme"}, "needs META_ADS_ADMIN_TOKEN"),
        (
            {"META_ADS_ADMIN_TOKEN": TOKEN, "META_ADS_KPI_TOKENS": "a-long-enough-token"},
            "not of the form",
        ),
        (
            {"META_ADS_ADMIN_TOKEN": TOKEN, "META_ADS_KPI_TOKENS": f"{TOKEN}=acme"},
            "stands there twice",
        ),
        ({"META_ADS_COOKIE_SECRET": "short"}, "fewer than 16 characters"),
        ({"META_ADS_RATE_LIMIT": "0"}, "META_ADS_RATE_LIMIT"),
    ],
)
def test_unusable_settings_end_the_start_with_one_sentence(
    variables: dict[str, str], said: str, world: Warehouse
) -> None:
    done = world.run("serve", "--port", "0", **variables)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "a-long-enough-token" not in done.stderr


def test_a_port_that_is_taken_is_named_with_the_option(world: Warehouse) -> None:
    with socket.socket() as taken, socket.socket() as free:
        for each in (taken, free):
            each.bind(("127.0.0.1", 0))
        taken.listen()
        port, other = (str(each.getsockname()[1]) for each in (taken, free))
        free.close()
        serve = world.run("serve", "--port", port)
        addresses = ("--port", other, "--health-port", port)
        up = world.run("up", *addresses, META_ACCESS_TOKEN="so that it is set up")
    assert (serve.returncode, up.returncode) == (2, 2)
    assert f"Port {port} of 127.0.0.1 is in use: choose another with --port" in serve.stderr
    assert "--health-port" in up.stderr


def test_a_caller_with_too_many_requests_has_to_wait(world: Warehouse) -> None:
    with serving(world, TOKEN, META_ADS_RATE_LIMIT="5") as server, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        answers = [session.get(f"{server.url}/healthz", timeout=20) for _ in range(30)]
    codes = [answer.status_code for answer in answers]
    assert 429 in codes
    refused = answers[codes.index(429)]
    assert refused.headers["retry-after"] == "1"
    assert list(refused.json()) == ["error"]


def test_a_body_that_nobody_asked_for_is_refused(guarded: HealthServer) -> None:
    big = requests.post(f"{guarded.url}/admin/login", data={"token": "x" * 100_000}, timeout=20)
    assert big.status_code == 413


def test_the_cookie_secret_is_made_once_and_for_this_user_alone(world: Warehouse) -> None:
    path = world.home / "cookie_secret"
    before = path.read_text("utf-8")
    with serving(world, TOKEN):
        pass
    assert path.read_text("utf-8") == before
    assert len(before) >= 32
    assert path.stat().st_mode & 0o777 == 0o600


def test_errors_reveal_nothing_internal(guarded: HealthServer) -> None:
    for path in ("/api/admin/data-health/clients/%00", "/api/admin/../x", "/api/clients//kpis"):
        answer = guarded.get(path)
        assert answer.status_code in (404, 422)
        assert list(json.loads(answer.text)) == ["error"]
        assert "Traceback" not in answer.text
